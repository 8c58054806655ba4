/* SPDX-License-Identifier: Apache-2.0
 *
 * A scorecard: whole points for each bin of each column, added up. More points are less risk;
 * POINTS_EVEN stand for even odds, and each POINTS_DOUBLE more halve the odds of the outcome. It is
 * scorecard.json in a model's folder: the plain model beside the trained one, and one that a person
 * can add up by hand.
 */
#ifndef ECS_MODEL_POINTS_H
#define ECS_MODEL_POINTS_H

#include <stdint.h>

#include "base/buf.h"
#include "model/column.h"

#define POINTS_FILE "scorecard.json"
enum {
    POINTS_FORMAT = 1,
    POINTS_EVEN = 500,
    POINTS_DOUBLE = 20,
    POINTS_BINS_MAX = 8,
    POINTS_MISSING = MODEL_LEVELS_MAX
};

struct points {
    int32_t base; /* what everybody has */
    struct points_column {
        struct model_column column; /* owned */
        size_t bin_count;           /* of a number; a category has one for each level */
        double
            below[POINTS_BINS_MAX]; /* a bin's end, which is the next one's; the last is infinite */
        int32_t points[MODEL_LEVELS_MAX];
        int32_t missing;
    } * columns; /* owned */
    size_t column_count;
};

void points_free(struct points *points);
/* The bin of a number, or the level of a category; POINTS_MISSING: the value is missing, or no
 * level. */
size_t points_bin(const struct points_column *column, double value);
/* `row`: one value a column, NAN missing, a category as the index of its level. */
int32_t points_score(const struct points *points, const double row[]);
/* Of the outcome, 0 to 1. */
double points_probability(int32_t score);

void points_write(const struct points *points, struct buf *json);
/* INVALID, with the reason. Not OK leaves nothing behind; points_free frees. */
MUST_CHECK enum status points_read(struct slice json, struct points *points,
                                   char reason[REASON_MAX + 1]);
/* The same from a model's folder. NOT_FOUND, UNAVAILABLE too. */
MUST_CHECK enum status points_load(const char *folder, struct points *points,
                                   char reason[REASON_MAX + 1]);

#endif
