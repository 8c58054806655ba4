/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_json.h"

#include <stdio.h>
#include <string.h>

#include "wire/fields.h"

enum {
    LIFE_DAYS_MAX = 365,
    RATE_BP_MAX = 100000, /* 1,000 percent */
    LOC_MAX = 48
};

/* {"full": …, "floor": …} and the like: two numbers of a nested object, in 1/scale. */
static bool read_pair(const struct fields *band, const char *name, const char *first,
                      const char *second, int64_t scale, int64_t max, int64_t values[2])
{
    char loc[LOC_MAX];
    const json_t *object = field_object(band, name);
    if (object == NULL)
        return false;
    snprintf(loc, sizeof loc, "%s.%s", band->loc, name);
    struct fields fields = {object, loc, band->errors};
    bool good = field_decimal(&fields, first, scale, 0, max, &values[0]);
    good &= field_decimal(&fields, second, scale, 0, max, &values[1]);
    return good;
}

static bool read_approval(const struct fields *fields, struct policy_band *band)
{
    int64_t limit[2] = {0}, rate[2] = {0};
    bool good =
        field_text(fields, "credit_type", FIELD_REQUIRED, 1, CREDIT_TYPE_MAX, band->credit_type);
    good &= read_pair(fields, "limit", "full", "floor", 100, AMOUNT_CENTS_MAX, limit);
    good &= read_pair(fields, "rate_percent", "base", "slope", 100, RATE_BP_MAX, rate);
    band->limit_full_cents = limit[0];
    band->limit_floor_cents = limit[1];
    band->rate_base_bp = (int32_t)rate[0];
    band->rate_slope_bp = (int32_t)rate[1];
    return good;
}

static bool read_band(const struct fields *fields, int64_t risk_from, struct policy_band *band)
{
    char decision[16];
    int64_t risk_to = 0;
    bool good = field_decimal(fields, "risk_to", MILLIONTHS, 0, MILLIONTHS, &risk_to);
    good &= field_text(fields, "decision", FIELD_REQUIRED, 1, sizeof decision - 1, decision);
    if (!good)
        return false;
    if (risk_to <= risk_from) {
        field_error_add(fields, "risk_to", "greater_than",
                        "Input should be greater than that of the band before", NULL);
        return false;
    }
    band->risk_to = (int32_t)risk_to;
    band->approve = strcmp(decision, "approve") == 0;
    if (band->approve)
        return read_approval(fields, band);
    if (strcmp(decision, "deny") == 0)
        return field_text(fields, "reason", FIELD_REQUIRED, 1, DENIAL_TEXT_MAX, band->reason);
    field_error_add(fields, "decision", "literal_error", "Input should be 'approve' or 'deny'",
                    NULL);
    return false;
}

static bool read_bands(const struct fields *fields, struct policy *policy)
{
    const json_t *bands = json_object_get(fields->object, "bands");
    policy->band_count = json_array_size(bands);
    if (policy->band_count < 1 || policy->band_count > POLICY_BANDS_MAX) {
        char message[FIELD_MESSAGE_MAX];
        snprintf(message, sizeof message, "Input should be a list of 1 to %d bands",
                 POLICY_BANDS_MAX);
        field_error_add(fields, "bands", "list_type", message, NULL);
        return false;
    }
    int64_t risk_from = -1;
    for (size_t i = 0; i < policy->band_count; i++) {
        char loc[LOC_MAX];
        snprintf(loc, sizeof loc, "bands.%zu", i);
        struct fields band = {json_array_get(bands, i), loc, fields->errors};
        if (!read_band(&band, risk_from, &policy->bands[i]))
            return false;
        risk_from = policy->bands[i].risk_to;
    }
    if (risk_from == MILLIONTHS)
        return true;
    field_error_add(fields, "bands", "less_than", "The last band should end at risk_to 1", NULL);
    return false;
}

enum status policy_parse(struct slice text, struct policy *policy, char reason[REASON_MAX + 1])
{
    struct field_errors errors = {0};
    int64_t days = 0;
    json_t *root;
    *policy = (struct policy){.hash = hash_of(&text, 1)};
    if (fields_document(text, &root, &errors, reason) != STATUS_OK)
        return STATUS_INVALID;
    struct fields fields = {root, "policy", &errors};
    bool good = field_text(&fields, "name", FIELD_REQUIRED, 1, POLICY_NAME_MAX, policy->name);
    good &= field_decimal(&fields, "offer_life_days", 1, 1, LIFE_DAYS_MAX, &days);
    good &= read_bands(&fields, policy);
    json_decref(root);
    policy->offer_life_us = days * DAY_US;
    if (!good)
        field_errors_reason(&errors, reason);
    return good ? STATUS_OK : STATUS_INVALID;
}
