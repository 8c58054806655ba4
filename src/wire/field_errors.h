/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wrong with a document, field by field, in the shape of the wire contract:
 * [{"type": …, "loc": ["body", "amount"], "msg": …, "input": …}].
 */
#ifndef ECS_WIRE_FIELD_ERRORS_H
#define ECS_WIRE_FIELD_ERRORS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/status.h"
#include "limits.h"

enum { FIELD_ERRORS_MAX = 8, FIELD_LOC_MAX = 96, FIELD_MESSAGE_MAX = 120, FIELD_INPUT_MAX = 64 };

struct field_error {
    const char *type;        /* a constant: "missing", "greater_than", … */
    char loc[FIELD_LOC_MAX]; /* dotted: "body.emotionEvent.metrics.positivity" */
    char message[FIELD_MESSAGE_MAX];
    char input[FIELD_INPUT_MAX]; /* JSON text of what came, or "null" if nothing or too long */
};

struct field_errors {
    size_t count; /* further errors than FIELD_ERRORS_MAX are not kept */
    struct field_error items[FIELD_ERRORS_MAX];
};

/* A JSON array. */
void field_errors_write(const struct field_errors *errors, struct buf *json);
/* One line without any input, for a dead letter's reason and for logs: "amount: Field required". */
void field_errors_reason(const struct field_errors *errors, char reason[REASON_MAX + 1]);

#endif
