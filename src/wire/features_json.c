/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/features_json.h"

#include <assert.h>
#include <math.h>

#include "base/json_put.h"

struct unit {
    int places;
    int64_t scale;
    int64_t min; /* in 1/scale; so is the next */
    int64_t max;
};

static const struct unit units[] = {
    [UNIT_COUNT] = {0, 1, 0, 1000000000},
    [UNIT_CENTS] = {2, CENTS, 0, 1000000LL * AMOUNT_CENTS_MAX},
    [UNIT_SHARE] = {6, MILLIONTHS, 0, MILLIONTHS},
    [UNIT_CHANGE] = {6, MILLIONTHS, -MILLIONTHS, MILLIONTHS},
};

/* What clients of the former system send; they know no other. */
static const bool required[FEATURE_COUNT] = {
    [FEATURE_transaction_count_30d] = true,
    [FEATURE_avg_transaction_value_30d] = true,
    [FEATURE_avg_positivity_7d] = true,
    [FEATURE_stress_events_30d] = true,
};

void feature_put(enum feature feature, int64_t value, struct buf *json)
{
    json_put_decimal(json, NULL, value, units[feature_definitions[feature].unit].places);
}

bool feature_from_number(enum feature feature, double number, int64_t *value)
{
    const struct unit *unit = &units[feature_definitions[feature].unit];
    double scaled = number * (double)unit->scale;
    if (!(scaled >= (double)unit->min && scaled <= (double)unit->max))
        return false;
    *value = (int64_t)llround(scaled);
    assert(*value >= unit->min && *value <= unit->max);
    return true;
}

void features_encode(const struct features *features, struct buf *json)
{
    for (int i = 0; i < FEATURE_COUNT; i++) {
        json_put_key(json, feature_definitions[i].name);
        feature_put((enum feature)i, features->values[i], json);
    }
}

bool features_read(const struct fields *fields, struct features *features)
{
    bool good = true;
    *features = features_empty();
    for (int i = 0; i < FEATURE_COUNT; i++) {
        const struct feature_definition *definition = &feature_definitions[i];
        const struct unit *unit = &units[definition->unit];
        if (required[i] || json_object_get(fields->object, definition->name) != NULL)
            good &= field_decimal(fields, definition->name, unit->scale, unit->min, unit->max,
                                  &features->values[i]);
    }
    return good;
}

void features_snapshot_encode(const struct features_snapshot *snapshot, struct buf *json)
{
    json_put_open(json, NULL, '{');
    json_put_integer(json, "schema", FEATURES_SCHEMA);
    json_put_uuid(json, "user_id", &snapshot->user_id);
    json_put_integer(json, "version", snapshot->version);
    json_put_integer(json, "period_us", snapshot->period_us);
    features_encode(&snapshot->features, json);
    json_put_close(json, '}');
}

enum status features_snapshot_decode(struct slice text, struct features_snapshot *snapshot)
{
    struct refusal refusal;
    struct fields fields;
    int64_t schema = 0;
    if (fields_open(text, &fields, &refusal) != STATUS_OK)
        return STATUS_INVALID;
    const json_t *version = json_object_get(fields.object, "version");
    const json_t *period = json_object_get(fields.object, "period_us");
    bool good = field_decimal(&fields, "schema", 1, 0, INT32_MAX, &schema) &&
                schema == FEATURES_SCHEMA && field_uuid(&fields, "user_id", &snapshot->user_id) &&
                json_is_integer(version) && json_is_integer(period) &&
                features_read(&fields, &snapshot->features);
    snapshot->version = json_integer_value(version);
    snapshot->period_us = json_integer_value(period);
    return fields_close(&fields, &refusal) == STATUS_OK && good ? STATUS_OK : STATUS_INVALID;
}
