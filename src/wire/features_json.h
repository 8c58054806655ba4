/* SPDX-License-Identifier: Apache-2.0
 *
 * Features between values and JSON, named and in units by the table domain/features.def: counts
 * are whole numbers, amounts have two decimals, shares six. So a model sees them, so the cache
 * keeps them.
 */
#ifndef ECS_WIRE_FEATURES_JSON_H
#define ECS_WIRE_FEATURES_JSON_H

#include "base/buf.h"
#include "domain/features.h"
#include "wire/fields.h"

/* Writes the members into an object that the caller opened. */
void features_encode(const struct features *features, struct buf *json);
/* Reads all features out of an object; false, with each fault noted, if one is missing or out of
 * its range. */
bool features_read(const struct fields *fields, struct features *features);
/* Reads a document that is nothing but features, and unknown fields. MALFORMED: `reason` tells
 * where. INVALID: `errors` tells which fields. */
MUST_CHECK enum status features_decode(struct slice text, struct features *features,
                                       struct field_errors *errors, char reason[REASON_MAX + 1]);

#endif
