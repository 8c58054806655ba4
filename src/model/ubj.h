/* SPDX-License-Identifier: Apache-2.0
 *
 * Universal Binary JSON, the form in which XGBoost saves its trees: values are looked up in place,
 * and nothing is copied. The bytes may be anything: what is cut off or malformed is found when it
 * is passed, and nothing is read beyond the end.
 *
 * A value is a slice that begins with the value's first byte; other bytes may follow it.
 */
#ifndef ECS_MODEL_UBJ_H
#define ECS_MODEL_UBJ_H

#include "base/slice.h"
#include "base/status.h"

/* False: it is no object, or has no such member before anything malformed. */
MUST_CHECK bool ubj_member(struct slice object, const char *name, struct slice *value);
MUST_CHECK bool ubj_text(struct slice value, struct slice *text);

/* The values of an array, one after the other. */
struct ubj_array {
    struct slice rest;
    bool counted; /* else it ends with a bracket */
    size_t left;  /* if it is counted */
};

/* False: it is no array of values of any kind. */
MUST_CHECK bool ubj_array(struct slice value, struct ubj_array *array);
/* False: the array has ended, or is malformed from here on; ubj_array_ended tells which. */
MUST_CHECK bool ubj_array_next(struct ubj_array *array, struct slice *value);
bool ubj_array_ended(const struct ubj_array *array);

/* An array whose values are all numbers of one type. */
struct ubj_numbers {
    char type;
    size_t count;
    const char *bytes;
};

MUST_CHECK bool ubj_numbers(struct slice value, struct ubj_numbers *numbers);
/* `i` is below the count. */
double ubj_number(const struct ubj_numbers *numbers, size_t i);

#endif
