/* SPDX-License-Identifier: Apache-2.0
 *
 * Stricter than the decoders of requests: a policy is written by hand, once, and decides about
 * money. Numbers must be numbers, and a member that is not known is a mistake, not an extension.
 */
#include "wire/policy_json.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "domain/event.h"
#include "process/file.h"
#include "wire/fields.h"

enum { LIFE_DAYS_MAX = 365, LOC_MAX = 48, PATH_SIZE = 256 };

struct slice policy_built_in(const char *name)
{
    char path[PATH_SIZE];
    int size = snprintf(path, sizeof path, "policy/%s.json", name);
    const struct embedded_file *file = size < PATH_SIZE ? embedded_file_find(path) : NULL;
    return file == NULL ? (struct slice){NULL, 0} : (struct slice){file->data, file->size};
}

/* "policy/seed.json" is seed. */
static void names_tell(struct buf *report)
{
    static const char folder[] = "policy/", suffix[] = ".json";
    const char *before = "";
    for (const struct embedded_file *file = embedded_files; file->name != NULL; file++) {
        if (strncmp(file->name, folder, strlen(folder)) != 0)
            continue;
        const char *name = file->name + strlen(folder);
        assert(strlen(name) > strlen(suffix));
        buf_printf(report, "%s%.*s", before, (int)(strlen(name) - strlen(suffix)), name);
        before = ", ";
    }
}

enum status policy_text_read(const char *name_or_path, struct buf *text, struct buf *report)
{
    struct slice built_in = policy_built_in(name_or_path);
    if (built_in.data != NULL) {
        buf_append(text, built_in.data, built_in.size);
        return text->overflowed ? STATUS_TOO_LARGE : STATUS_OK;
    }
    enum status status = file_read(name_or_path, text);
    if (status == STATUS_TOO_LARGE) {
        buf_printf(report, "%s:1:1: error: The file has more than %d bytes.\n", name_or_path,
                   POLICY_BYTES_MAX);
    } else if (status != STATUS_OK) {
        buf_printf(report, "%s: error: cannot be read: %s; policies by name are ", name_or_path,
                   strerror(errno));
        names_tell(report);
        buf_printf(report, "\n");
    }
    return status;
}

/* The text that is read, and where its faults go. */
struct policy_reading {
    struct slice text;
    const char *name;
    struct buf *report;
    bool good; /* no error so far */
};

/* Control characters in what the file says (a name of a member) stay out of terminals. */
static void put_plain(struct buf *report, const char *text)
{
    for (; *text != '\0'; text++) {
        bool control = (unsigned char)*text < 0x20 || *text == 0x7F;
        buf_append(report, control ? "?" : text, 1);
    }
}

static void report_line(struct policy_reading *reading, enum policy_severity severity,
                        struct json_place place, const char *path, const char *sentence)
{
    struct buf *report = reading->report;
    reading->good &= severity != POLICY_ERROR;
    buf_printf(report, "%s:%d:%d: %s: ", reading->name, place.line, place.column,
               severity == POLICY_ERROR ? "error" : "warning");
    put_plain(report, path);
    buf_printf(report, "%s%s.\n", path[0] == '\0' ? "" : ": ", sentence);
}

/* Of a file that is nothing but faults, places are sought no longer than there is room for them. */
static void report_path(struct policy_reading *reading, enum policy_severity severity,
                        const char *path, const char *sentence)
{
    if (reading->report->overflowed)
        reading->good &= severity != POLICY_ERROR;
    else
        report_line(reading, severity, json_place_of(reading->text, path), path, sentence);
}

/* Moves the errors of one object into the report. */
static void report_errors(struct policy_reading *reading, struct field_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++) {
        const struct field_error *error = &errors->items[i];
        report_path(reading, POLICY_ERROR, error->loc, error->message);
    }
    errors->count = 0;
}

static bool is_known(const char *name, const char *known)
{
    size_t size = strcspn(known, ",");
    if (strlen(name) == size && strncmp(known, name, size) == 0)
        return true;
    return known[size] == ',' && is_known(name, known + size + strlen(", "));
}

/* `known`: the names of all members, as "full, floor". */
static void refuse_unknown(struct policy_reading *reading, const struct fields *fields,
                           const char *what, const char *known)
{
    char path[FIELD_LOC_MAX], sentence[POLICY_SENTENCE_MAX + 1];
    snprintf(sentence, sizeof sentence, "Unknown member; %s has %s", what, known);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)fields->object, name, value)
    {
        if (is_known(name, known))
            continue;
        snprintf(path, sizeof path, "%s%s%s", fields->loc, fields->loc[0] == '\0' ? "" : ".", name);
        report_path(reading, POLICY_ERROR, path, sentence);
    }
}

/* A number in 1/scale, and no text that is one; 0 if it is optional and missing. */
static bool read_number(const struct fields *fields, const char *name, enum presence presence,
                        int64_t scale, int64_t min, int64_t max, int64_t *out)
{
    const json_t *value = json_object_get(fields->object, name);
    *out = 0;
    if (value == NULL && presence == FIELD_OPTIONAL)
        return true;
    if (value != NULL && !json_is_number(value))
        return field_refuse(fields, name, "float_type", value, "Input should be a valid number");
    return field_decimal(fields, name, scale, min, max, out);
}

/* The same without a fraction. */
static bool read_whole(const struct fields *fields, const char *name, enum presence presence,
                       int64_t min, int64_t max, int64_t *out)
{
    const json_t *value = json_object_get(fields->object, name);
    double number = json_number_value(value);
    if (json_is_real(value) && number != floor(number))
        return field_refuse(fields, name, "int_from_float", value,
                            "Input should be a whole number");
    return read_number(fields, name, presence, 1, min, max, out);
}

/* {"full": …, "floor": …} and the like: two numbers of a nested object, in 1/100. */
static bool read_pair(struct policy_reading *reading, const struct fields *band, const char *name,
                      const char *const members[2], int64_t max, int64_t values[2])
{
    char loc[LOC_MAX], what[LOC_MAX], known[LOC_MAX];
    const json_t *object = field_object(band, name);
    if (object == NULL)
        return false;
    snprintf(loc, sizeof loc, "%s.%s", band->loc, name);
    struct fields fields = {object, loc, band->errors};
    bool good = read_number(&fields, members[0], FIELD_REQUIRED, CENTS, 0, max, &values[0]);
    good &= read_number(&fields, members[1], FIELD_REQUIRED, CENTS, 0, max, &values[1]);
    snprintf(what, sizeof what, "'%s'", name);
    snprintf(known, sizeof known, "%s, %s", members[0], members[1]);
    refuse_unknown(reading, &fields, what, known);
    return good;
}

static bool read_approval(struct policy_reading *reading, const struct fields *fields,
                          struct policy_band *band)
{
    static const char *const of_limit[] = {"full", "floor"};
    static const char *const of_rate[] = {"base", "slope"};
    int64_t limit[2] = {0}, rate[2] = {0};
    bool good =
        field_text(fields, "credit_type", FIELD_REQUIRED, 1, CREDIT_TYPE_MAX, band->credit_type);
    good &= read_pair(reading, fields, "limit", of_limit, AMOUNT_CENTS_MAX, limit);
    good &= read_pair(reading, fields, "rate_percent", of_rate, RATE_BP_MAX, rate);
    refuse_unknown(reading, fields, "a band that approves",
                   "risk_to, decision, credit_type, limit, rate_percent");
    band->limit_full_cents = limit[0];
    band->limit_floor_cents = limit[1];
    band->rate_base_bp = (int32_t)rate[0];
    band->rate_slope_bp = (int32_t)rate[1];
    return good;
}

static bool read_denial(struct policy_reading *reading, const struct fields *fields,
                        struct policy_band *band)
{
    bool good = field_text(fields, "reason", FIELD_REQUIRED, 1, DENIAL_TEXT_MAX, band->reason);
    refuse_unknown(reading, fields, "a band that denies", "risk_to, decision, reason");
    return good;
}

/* True if the band's values can be compared with those of others; unknown members are no
 * obstacle. */
static bool read_band(struct policy_reading *reading, const struct fields *fields,
                      struct policy_band *band)
{
    char decision[16];
    int64_t risk_to;
    if (!json_is_object(fields->object))
        return field_refuse(fields, "", "model_attributes_type", NULL,
                            "Input should be a valid object");
    bool good = read_number(fields, "risk_to", FIELD_REQUIRED, MILLIONTHS, 0, MILLIONTHS, &risk_to);
    band->risk_to = (int32_t)risk_to;
    if (!field_text(fields, "decision", FIELD_REQUIRED, 1, sizeof decision - 1, decision))
        return false;
    band->approve = strcmp(decision, "approve") == 0;
    if (band->approve)
        return read_approval(reading, fields, band) && good;
    if (strcmp(decision, "deny") == 0)
        return read_denial(reading, fields, band) && good;
    return field_refuse(fields, "decision", "literal_error", NULL,
                        "Input should be 'approve' or 'deny'");
}

static bool read_bands(struct policy_reading *reading, const struct fields *fields,
                       struct policy *policy)
{
    const json_t *bands = json_object_get(fields->object, "bands");
    policy->band_count = json_array_size(bands);
    if (policy->band_count < 1 || policy->band_count > POLICY_BANDS_MAX)
        return field_refuse(fields, "bands", "list_type", NULL,
                            "Input should be a list of 1 to %d bands", POLICY_BANDS_MAX);
    bool good = true;
    for (size_t i = 0; i < policy->band_count; i++) {
        char loc[LOC_MAX];
        snprintf(loc, sizeof loc, "bands.%zu", i);
        struct fields band = {json_array_get(bands, i), loc, fields->errors};
        good &= read_band(reading, &band, &policy->bands[i]);
        report_errors(reading, fields->errors);
    }
    return good;
}

static void read_guard(const struct fields *fields, enum emotion_guard *guard)
{
    char text[16];
    *guard = GUARD_MAY_ONLY_HELP;
    if (json_object_get(fields->object, "emotion_guard") == NULL ||
        !field_text(fields, "emotion_guard", FIELD_REQUIRED, 1, sizeof text - 1, text))
        return;
    if (!emotion_guard_parse(text, guard))
        field_refuse(fields, "emotion_guard", "literal_error", NULL,
                     "Input should be 'may_only_help', 'full' or 'off'");
}

static void read_currency(const struct fields *fields, char currency[CURRENCY_LENGTH + 1])
{
    currency[0] = '\0';
    if (json_object_get(fields->object, "currency") != NULL &&
        field_text(fields, "currency", FIELD_REQUIRED, CURRENCY_LENGTH, CURRENCY_LENGTH,
                   currency) &&
        !event_currency_is_good(currency))
        field_refuse(fields, "currency", "string_pattern_mismatch", NULL,
                     "String should match pattern '^[A-Z]{3}$'");
}

/* All but the bands. True if the caps, which bands are checked against, could be read. */
static bool read_head(struct policy_reading *reading, const struct fields *fields,
                      struct policy *policy)
{
    static const char known[] = "name, offer_life_days, emotion_guard, exposure_cap, "
                                "cooling_off_hours, rate_cap_percent, currency, bands, $schema";
    char schema[FIELD_LOC_MAX];
    int64_t days = 0, hours = 0, rate_cap_bp = 0; /* so they stay where the text is wrong */
    field_text(fields, "name", FIELD_REQUIRED, 1, POLICY_NAME_MAX, policy->name);
    field_text(fields, "$schema", FIELD_OPTIONAL, 0, sizeof schema - 1, schema);
    read_whole(fields, "offer_life_days", FIELD_REQUIRED, 1, LIFE_DAYS_MAX, &days);
    read_whole(fields, "cooling_off_hours", FIELD_OPTIONAL, 0, POLICY_COOLING_OFF_HOURS_MAX,
               &hours);
    read_guard(fields, &policy->emotion_guard);
    read_currency(fields, policy->currency);
    bool caps = read_number(fields, "exposure_cap", FIELD_OPTIONAL, CENTS, 1, AMOUNT_CENTS_MAX,
                            &policy->exposure_cap_cents);
    caps &= read_number(fields, "rate_cap_percent", FIELD_OPTIONAL, CENTS, 1, RATE_BP_MAX,
                        &rate_cap_bp);
    policy->offer_life_us = days * DAY_US;
    policy->cooling_off_us = hours * HOUR_US;
    policy->rate_cap_bp = (int32_t)rate_cap_bp;
    report_errors(reading, fields->errors);
    refuse_unknown(reading, fields, "a policy", known);
    return caps;
}

static void report_findings(struct policy_reading *reading, const struct policy *policy)
{
    struct policy_findings findings;
    policy_check(policy, &findings);
    for (size_t i = 0; i < findings.count; i++) {
        const struct policy_finding *finding = &findings.items[i];
        report_path(reading, finding->severity, finding->path, finding->sentence);
    }
}

enum status policy_parse(struct slice text, const char *name, struct policy *policy,
                         struct buf *report)
{
    struct policy_reading reading = {text, name, report, true};
    struct json_fault fault;
    json_t *root;
    *policy = (struct policy){.hash = hash_of(&text, 1)};
    if (fields_parse(text, &root, &fault) != STATUS_OK) {
        report_line(&reading, POLICY_ERROR, fault.place, "", fault.message);
        return STATUS_INVALID;
    }
    struct field_errors errors = {0};
    struct fields fields = {root, "", &errors};
    if (json_is_object(root)) {
        bool comparable = read_head(&reading, &fields, policy);
        comparable &= read_bands(&reading, &fields, policy);
        report_errors(&reading, &errors);
        if (comparable)
            report_findings(&reading, policy);
    } else {
        report_line(&reading, POLICY_ERROR, json_place_at(text, 0), "",
                    "A policy should be a JSON object");
    }
    json_decref(root);
    assert(!reading.good || (policy->band_count >= 1 && policy->band_count <= POLICY_BANDS_MAX));
    assert(!reading.good || (policy->offer_life_us > 0 && policy->cooling_off_us >= 0));
    return reading.good ? STATUS_OK : STATUS_INVALID;
}
