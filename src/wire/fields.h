/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading typed fields out of a JSON document, and what is refused of it. All decoders of this
 * folder are made of these: fields_open, a reader for each field, fields_close. A reader that fails
 * notes the error and returns false; decoders go on to the next field, so that a client sees all
 * that is wrong at once.
 */
#ifndef ECS_WIRE_FIELDS_H
#define ECS_WIRE_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "base/status.h"
#include "base/uuid.h"
#include "limits.h"
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

enum { FIELD_ERRORS_MAX = 8, FIELD_LOC_MAX = 96, FIELD_MESSAGE_MAX = 120, FIELD_INPUT_MAX = 64 };

struct field_error {
    const char *type;        /* a constant: "missing", "greater_than", … */
    char loc[FIELD_LOC_MAX]; /* dotted: "body.emotionEvent.metrics.positivity" */
    char message[FIELD_MESSAGE_MAX];
    char input[FIELD_INPUT_MAX]; /* JSON text of what came, or "null" if nothing or too long */
};

/* In the shape of the wire contract:
 * [{"type": …, "loc": ["body", "amount"], "msg": …, "input": …}]. */
struct field_errors {
    size_t count; /* further errors than FIELD_ERRORS_MAX are not kept */
    struct field_error items[FIELD_ERRORS_MAX];
};

/* A JSON array. */
void field_errors_write(const struct field_errors *errors, struct buf *json);

/* Why a document is not taken. The reason is one line without any input, for answers, logs and dead
 * letters; `errors` holds one or more if the status is INVALID, else none. */
struct refusal {
    enum status status; /* OK: it is taken */
    char reason[REASON_MAX + 1];
    struct field_errors errors;
};

/* Refuses as a whole, with a reason as printf() makes it; returns `status`. */
MUST_CHECK enum status refusal_make(struct refusal *refusal, enum status status, const char *format,
                                    ...) __attribute__((format(printf, 3, 4)));

/* An object whose fields are read, and its place: "body", "body.emotionEvent", …; it may be "". */
struct fields {
    const json_t *object;
    const char *loc;
    struct field_errors *errors;
};

/* Notes an error, with a message as printf() makes it; returns false, for the reader to return.
 * `name` may be "": the object itself is at fault. */
bool field_refuse(const struct fields *fields, const char *name, const char *type,
                  const json_t *input, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Opens one JSON object, whose place is "body". Returns the refusal's status: OK: the caller closes
 * `body`. MALFORMED: not JSON, with the position in the reason. INVALID: JSON, but not an object.
 * UNAVAILABLE: out of memory. */
MUST_CHECK enum status fields_open(struct slice text, struct fields *body, struct refusal *refusal);
/* Frees the document. Returns the refusal's status: INVALID if any error was noted, and then the
 * reason tells them all, as "amount: Field required"; else OK. */
MUST_CHECK enum status fields_close(struct fields *body, struct refusal *refusal);

enum presence { FIELD_REQUIRED, FIELD_OPTIONAL };

/* Copies text of `min` to `max` bytes into `out` (max + 1 bytes); empty if optional and missing
 * or null. Control characters are refused. */
bool field_text(const struct fields *fields, const char *name, enum presence presence, size_t min,
                size_t max, char *out);
/* The same for a text that matters to nobody's money: empty if it is not one or does not fit. */
void field_text_if_fits(const struct fields *fields, const char *name, size_t max, char *out);
/* The other way round: a member that is left out if the text is empty. */
void field_text_encode(const char *name, const char *text, struct buf *json);
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
