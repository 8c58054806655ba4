/* SPDX-License-Identifier: Apache-2.0
 *
 * The types and messages of errors are those of pydantic 2 where it has one, because clients of
 * the system that this one replaces know them.
 */
#include "wire/fields.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/json_put.h"
#include "base/time_text.h"
#include "process/json_read.h"

/* Depth is checked before parsing: jansson's own limit is far higher than ours. True with the
 * place of the bracket that is too deep. */
static bool is_too_deep(struct slice text, size_t *at)
{
    int depth = 0;
    bool in_text = false;
    for (size_t i = 0; i < text.size; i++) {
        switch (text.data[i]) {
        case '"':
            in_text = !in_text;
            break;
        case '\\':
            i += in_text; /* the next byte is escaped */
            break;
        case '{':
        case '[':
            *at = i;
            if (!in_text && ++depth > JSON_DEPTH_MAX)
                return true;
            break;
        case '}':
        case ']':
            depth -= !in_text;
            break;
        }
    }
    return false;
}

/* jansson ends its message with " near '…'", which quotes the document: that part is left out,
 * for it may be personal. */
static void json_fault_fill(struct json_fault *fault, const json_error_t *error)
{
    const char *near = strstr(error->text, " near ");
    const char *text = error->text;
    int size = near == NULL ? (int)strlen(text) : (int)(near - text);
    if (json_error_code(error) == json_error_null_character ||
        json_error_code(error) == json_error_null_byte_in_key) {
        text = "a zero in a text";
        size = (int)strlen(text);
    }
    /* Where a line ends before anything was read, jansson's column is 0. */
    fault->place = (struct json_place){error->line, error->column > 0 ? error->column : 1};
    snprintf(fault->message, sizeof fault->message, "%.*s", size, text);
}

enum status fields_parse(struct slice text, json_t **root, struct json_fault *fault)
{
    size_t deep_at;
    *root = NULL;
    if (is_too_deep(text, &deep_at)) {
        fault->place = json_place_at(text, deep_at);
        snprintf(fault->message, sizeof fault->message, "nested deeper than %d", JSON_DEPTH_MAX);
        return STATUS_MALFORMED;
    }
    json_error_t error;
    enum status status = json_read(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, root, &error);
    if (status == STATUS_UNAVAILABLE)
        *fault = (struct json_fault){{1, 1}, "out of memory"};
    else if (status != STATUS_OK)
        json_fault_fill(fault, &error);
    return status;
}

/* Secrets are not repeated, not even to those who sent them: answers end in logs of clients. */
static bool is_secret(const char *name)
{
    return strcmp(name, "password") == 0 || strcmp(name, "refresh_token") == 0;
}

bool field_refuse(const struct fields *fields, const char *name, const char *type,
                  const json_t *input, const char *format, ...)
{
    struct field_errors *errors = fields->errors;
    assert(errors->count <= FIELD_ERRORS_MAX);
    if (errors->count == FIELD_ERRORS_MAX)
        return false;
    struct field_error *error = &errors->items[errors->count++];
    error->type = type;
    bool dotted = fields->loc[0] != '\0' && name[0] != '\0';
    snprintf(error->loc, sizeof error->loc, "%s%s%s", fields->loc, dotted ? "." : "", name);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    size_t size = 0;
    if (input != NULL && !is_secret(name))
        size = json_dumpb(input, error->input, sizeof error->input - 1,
                          JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
    if (size == 0 || size >= sizeof error->input)
        size = (size_t)snprintf(error->input, sizeof error->input, "null");
    assert(size < sizeof error->input);
    error->input[size] = '\0';
    return false;
}

/* "body.amount" as ["body", "amount"]. */
static void loc_write(const char *loc, struct buf *json)
{
    json_put_open(json, NULL, '[');
    while (*loc != '\0') {
        size_t size = strcspn(loc, ".");
        json_put_bytes(json, NULL, (struct slice){loc, size});
        loc += size + (loc[size] == '.');
    }
    json_put_close(json, ']');
}

void field_errors_write(const struct field_errors *errors, struct buf *json)
{
    json_put_open(json, NULL, '[');
    for (size_t i = 0; i < errors->count; i++) {
        const struct field_error *error = &errors->items[i];
        json_put_open(json, NULL, '{');
        json_put_text(json, "type", error->type);
        json_put_key(json, "loc");
        loc_write(error->loc, json);
        json_put_text(json, "msg", error->message);
        json_put_raw(json, "input", slice_of(error->input));
        json_put_close(json, '}');
    }
    json_put_close(json, ']');
}

/* "amount: Field required; …", cut at its limit. */
static void errors_tell(const struct field_errors *errors, char reason[REASON_MAX + 1])
{
    size_t size = 0;
    reason[0] = '\0';
    for (size_t i = 0; i < errors->count && size < REASON_MAX; i++) {
        const struct field_error *error = &errors->items[i];
        const char *loc = error->loc;
        if (strncmp(loc, "body.", strlen("body.")) == 0)
            loc += strlen("body.");
        int written = snprintf(reason + size, REASON_MAX + 1 - size, "%s%s: %s", i == 0 ? "" : "; ",
                               loc, error->message);
        size += written > 0 ? (size_t)written : 0;
    }
}

enum status refusal_make(struct refusal *refusal, enum status status, const char *format, ...)
{
    va_list arguments;
    assert(status != STATUS_OK);
    refusal->status = status;
    refusal->errors.count = 0;
    va_start(arguments, format);
    vsnprintf(refusal->reason, sizeof refusal->reason, format, arguments);
    va_end(arguments);
    return status;
}

enum status fields_open(struct slice text, struct fields *body, struct refusal *refusal)
{
    json_t *root;
    struct json_fault fault;
    enum status status = fields_parse(text, &root, &fault);
    assert((status == STATUS_OK) == (root != NULL));
    if (status == STATUS_UNAVAILABLE)
        return refusal_make(refusal, status, "Service unavailable. Please try again later.");
    if (status != STATUS_OK)
        return refusal_make(refusal, status, "Malformed JSON at line %d, column %d: %.100s.",
                            fault.place.line, fault.place.column, fault.message);
    *body = (struct fields){root, "body", &refusal->errors};
    refusal->errors.count = 0;
    if (json_is_object(root))
        return refusal->status = STATUS_OK;
    field_refuse(body, "", "model_attributes_type", NULL, "Input should be a valid object");
    return fields_close(body, refusal);
}

enum status fields_close(struct fields *body, struct refusal *refusal)
{
    assert(body->object != NULL && body->errors == &refusal->errors);
    json_decref((json_t *)body->object);
    body->object = NULL;
    errors_tell(&refusal->errors, refusal->reason);
    return refusal->status = refusal->errors.count > 0 ? STATUS_INVALID : STATUS_OK;
}

/* NULL if the field is not there, which is noted if it is required. */
static const json_t *field_value(const struct fields *fields, const char *name,
                                 enum presence presence)
{
    const json_t *value = json_object_get(fields->object, name);
    if (value == NULL && presence == FIELD_REQUIRED)
        field_refuse(fields, name, "missing", NULL, "Field required");
    if (json_is_null(value) && presence == FIELD_OPTIONAL)
        return NULL;
    return value;
}

static bool has_control_character(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return true;
    return false;
}

bool field_text(const struct fields *fields, const char *name, enum presence presence, size_t min,
                size_t max, char *out)
{
    out[0] = '\0';
    assert(min <= max);
    const json_t *value = field_value(fields, name, presence);
    if (value == NULL)
        return presence == FIELD_OPTIONAL;
    if (!json_is_string(value))
        return field_refuse(fields, name, "string_type", value, "Input should be a valid string");
    size_t size = json_string_length(value);
    if (size < min)
        return field_refuse(fields, name, "string_too_short", value,
                            "String should have at least %zu character%s", min,
                            min == 1 ? "" : "s");
    if (size > max)
        return field_refuse(fields, name, "string_too_long", value,
                            "String should have at most %zu bytes", max);
    if (has_control_character(json_string_value(value)))
        return field_refuse(fields, name, "string_pattern_mismatch", value,
                            "String should have no control characters");
    memcpy(out, json_string_value(value), size + 1);
    return true;
}

void field_text_if_fits(const struct fields *fields, const char *name, size_t max, char *out)
{
    const json_t *value = json_object_get(fields->object, name);
    out[0] = '\0';
    if (json_is_string(value) && json_string_length(value) <= max &&
        !has_control_character(json_string_value(value)))
        memcpy(out, json_string_value(value), json_string_length(value) + 1);
}

void field_text_encode(const char *name, const char *text, struct buf *json)
{
    if (text[0] != '\0')
        json_put_text(json, name, text);
}

bool field_uuid(const struct fields *fields, const char *name, struct uuid *uuid)
{
    const json_t *value = field_value(fields, name, FIELD_REQUIRED);
    if (value == NULL)
        return false;
    if (!json_is_string(value))
        return field_refuse(fields, name, "uuid_type", value, "UUID input should be a string");
    if (uuid_parse(json_string_value(value), json_string_length(value), uuid) != STATUS_OK)
        return field_refuse(fields, name, "uuid_parsing", value,
                            "Input should be a valid UUID of 36 characters, unable to parse");
    return true;
}

/* True if the number lies between the limits; else notes which one it breaks. */
static bool decimal_in_range(const struct fields *fields, const char *name, const json_t *value,
                             double number, double min, double max)
{
    if (min > 0 && number <= 0)
        return field_refuse(fields, name, "greater_than", value, "Input should be greater than 0");
    if (number < min)
        return field_refuse(fields, name, "greater_than_equal", value,
                            "Input should be greater than or equal to %.15g", min);
    if (number > max)
        return field_refuse(fields, name, "less_than_equal", value,
                            "Input should be less than or equal to %.15g", max);
    return true;
}

bool field_decimal(const struct fields *fields, const char *name, int64_t scale, int64_t min,
                   int64_t max, int64_t *out)
{
    assert(scale > 0 && min <= max);
    const json_t *value = field_value(fields, name, FIELD_REQUIRED);
    if (value == NULL)
        return false;
    double number;
    int64_t scaled = 0;
    if (json_is_number(value))
        number = json_number_value(value);
    else if (!json_is_string(value))
        return field_refuse(fields, name, "float_type", value, "Input should be a valid number");
    else if (decimal_parse(json_string_value(value), scale, &number, &scaled) != STATUS_OK)
        return field_refuse(fields, name, "float_parsing", value,
                            "Input should be a valid number, unable to parse string as a number");
    if (!decimal_in_range(fields, name, value, number, (double)min / (double)scale,
                          (double)max / (double)scale))
        return false;
    if (json_is_integer(value))
        scaled = json_integer_value(value) * scale;
    else if (json_is_real(value))
        scaled = decimal_of_double(number, scale);
    *out = scaled;
    return true;
}

bool field_time(const struct fields *fields, const char *name, enum presence presence,
                int64_t *time_us)
{
    const json_t *value = field_value(fields, name, presence);
    if (value == NULL)
        return presence == FIELD_OPTIONAL;
    if (!json_is_string(value))
        return field_refuse(fields, name, "datetime_type", value,
                            "Input should be a valid datetime, as text in ISO 8601");
    int64_t parsed_us;
    if (time_parse(json_string_value(value), json_string_length(value), &parsed_us) != STATUS_OK)
        return field_refuse(fields, name, "datetime_parsing", value,
                            "Input should be a valid datetime in ISO 8601, from 1970 to 9999");
    *time_us = parsed_us;
    return true;
}

bool field_time_near(const struct fields *fields, const char *name, int64_t time_us,
                     int64_t stored_us, int64_t oldest_us)
{
    const json_t *value = json_object_get(fields->object, name);
    if (time_us > stored_us + EVENT_AHEAD_US_MAX)
        return field_refuse(fields, name, "datetime_ahead", value,
                            "Input should be at most %lld seconds after the event is received",
                            EVENT_AHEAD_US_MAX / SECOND_US);
    if (time_us <= stored_us - oldest_us)
        return field_refuse(fields, name, "datetime_too_old", value,
                            "Input should be less than %lld days before the event is received",
                            (long long)(oldest_us / DAY_US));
    return true;
}

const json_t *field_object(const struct fields *fields, const char *name)
{
    const json_t *value = field_value(fields, name, FIELD_REQUIRED);
    if (json_is_object(value))
        return value;
    if (value != NULL)
        field_refuse(fields, name, "model_attributes_type", value,
                     "Input should be a valid object");
    return NULL;
}
