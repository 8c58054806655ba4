/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/features_json.h"

#include "base/json_put.h"

struct unit {
    int places;
    int64_t scale;
    int64_t max; /* in 1/scale */
};

static const struct unit units[] = {
    [UNIT_COUNT] = {0, 1, 1000000000},
    [UNIT_CENTS] = {2, 100, AMOUNT_CENTS_MAX},
    [UNIT_MILLIONTHS] = {6, MILLIONTHS, MILLIONTHS},
};

void features_encode(const struct features *features, struct buf *json)
{
    for (int i = 0; i < FEATURE_COUNT; i++) {
        json_put_key(json, feature_definitions[i].name);
        json_put_decimal(json, features->values[i], units[feature_definitions[i].unit].places);
    }
}

bool features_read(const struct fields *fields, struct features *features)
{
    bool good = true;
    for (int i = 0; i < FEATURE_COUNT; i++) {
        const struct unit *unit = &units[feature_definitions[i].unit];
        good &= field_decimal(fields, feature_definitions[i].name, unit->scale, 0, unit->max,
                              &features->values[i]);
    }
    return good;
}

enum status features_decode(struct slice text, struct features *features,
                            struct field_errors *errors, char reason[REASON_MAX + 1])
{
    json_t *root;
    enum status status = fields_document(text, &root, errors, reason);
    if (status != STATUS_OK)
        return status;
    struct fields fields = {root, "body", errors};
    bool good = features_read(&fields, features);
    json_decref(root);
    return good ? STATUS_OK : STATUS_INVALID;
}
