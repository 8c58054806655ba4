/* SPDX-License-Identifier: Apache-2.0
 *
 * Features between values and JSON, named and in units by the table domain/features.def: counts
 * are whole numbers, amounts have two decimals, shares six. So a model sees them, so the cache
 * keeps them.
 */
#ifndef ECS_WIRE_FEATURES_JSON_H
#define ECS_WIRE_FEATURES_JSON_H

#include "base/buf.h"
#include "base/uuid.h"
#include "domain/features.h"
#include "wire/fields.h"

/* Writes the members into an object that the caller opened. */
void features_encode(const struct features *features, struct buf *json);
/* One value in the unit of the API. */
void feature_put(enum feature feature, int64_t value, struct buf *json);
/* False if the number is out of the feature's range. */
bool feature_from_number(enum feature feature, double number, int64_t *value);

/* Reads features out of an object; false, with each fault noted, if one of the four that the former
 * system knew is missing, or any is out of its range. Any other that is missing is as of somebody
 * of whom no event is known. */
bool features_read(const struct fields *fields, struct features *features);
/* Features as the cache keeps them: of whom, of which version of their tiles, as of which period.
 * What does not match all three is not what was asked for. */
struct features_snapshot {
    struct uuid user_id;
    int64_t version;
    int64_t period_us;
    struct features features;
};

void features_snapshot_encode(const struct features_snapshot *snapshot, struct buf *json);
/* INVALID: it is not a snapshot of this schema. */
MUST_CHECK enum status features_snapshot_decode(struct slice text,
                                                struct features_snapshot *snapshot);

#endif
