/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading typed fields out of a JSON document, with an error for each that does not fit. All
 * decoders of this folder are made of these. A reader that fails notes the error and returns
 * false; decoders go on to the next field, so that a client sees all that is wrong at once.
 */
#ifndef ECS_WIRE_FIELDS_H
#define ECS_WIRE_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/status.h"
#include "base/uuid.h"
#include "wire/field_errors.h"
#include "wire/json_place.h"

/* Why a text is no JSON, and where. */
struct json_fault {
    struct json_place place;
    char message[REASON_MAX + 1]; /* without the text itself, which may be personal */
};

/* Parses one JSON value: at most JSON_DEPTH_MAX deep, no duplicate keys, valid UTF-8, finite
 * numbers. OK: `*root` is owned by the caller. MALFORMED: `fault` is filled.
 * UNAVAILABLE: out of memory, which `fault` says. */
MUST_CHECK enum status fields_parse(struct slice text, json_t **root, struct json_fault *fault);

/* fields_parse() of one JSON object. OK: `*root` is owned by the caller. MALFORMED: not JSON, with
 * the position in `reason`. INVALID: JSON, but not an object. UNAVAILABLE: out of memory. */
MUST_CHECK enum status fields_parse_object(struct slice text, json_t **root,
                                           char reason[REASON_MAX + 1]);

/* An object whose fields are read, and its place: "body", "body.emotionEvent", …; it may be "". */
struct fields {
    const json_t *object;
    const char *loc;
    struct field_errors *errors;
};

/* `name` may be "": the object itself is at fault. */
void field_error_add(const struct fields *fields, const char *name, const char *type,
                     const char *message, const json_t *input);

/* fields_parse_object() with a field error for the body when it is INVALID; `errors` is emptied
 * first. */
MUST_CHECK enum status fields_document(struct slice text, json_t **root,
                                       struct field_errors *errors, char reason[REASON_MAX + 1]);

enum presence { FIELD_REQUIRED, FIELD_OPTIONAL };

/* Copies text of `min` to `max` bytes into `out` (max + 1 bytes); empty if optional and missing
 * or null. Control characters are refused. */
bool field_text(const struct fields *fields, const char *name, enum presence presence, size_t min,
                size_t max, char *out);
/* The same for a text that matters to nobody's money: empty if it is not one or does not fit. */
void field_text_if_fits(const struct fields *fields, const char *name, size_t max, char *out);
bool field_uuid(const struct fields *fields, const char *name, struct uuid *uuid);
/* A number, or text that is one, as the seed takes it, in 1/`scale`, rounded half away from zero,
 * within `min` and `max` (in 1/scale). */
bool field_decimal(const struct fields *fields, const char *name, int64_t scale, int64_t min,
                   int64_t max, int64_t *out);
/* ISO 8601; `*time_us` is untouched if optional and missing. */
bool field_time(const struct fields *fields, const char *name, enum presence presence,
                int64_t *time_us);
/* True if the time read from this field is at most EVENT_AHEAD_US_MAX after `stored_us` and less
 * than `oldest_us` before it; else notes which limit it breaks. */
bool field_time_near(const struct fields *fields, const char *name, int64_t time_us,
                     int64_t stored_us, int64_t oldest_us);
/* A nested object; NULL if it is not there or not an object (noted). */
const json_t *field_object(const struct fields *fields, const char *name);

#endif
