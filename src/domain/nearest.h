/* SPDX-License-Identifier: Apache-2.0
 *
 * The nearest approval of somebody who was denied: the smallest change, of those that a person can
 * make, under which the same model and the same policy would have approved.
 */
#ifndef ECS_DOMAIN_NEAREST_H
#define ECS_DOMAIN_NEAREST_H

#include <stdint.h>

#include "domain/features.h"

/* What a person can change, from the easiest to the hardest where the change is as great.
 * SPEND_LESS: less money out over the last 90 days. EARN_MORE: more money in over them. */
enum lever { LEVER_NONE, LEVER_SPEND_LESS, LEVER_EARN_MORE, LEVER_COUNT };

struct nearest {
    enum lever lever; /* NONE: nothing within reach would have approved */
    int32_t percent;  /* of the change: NEAREST_STEP_PERCENT to NEAREST_MAX_PERCENT */
    int32_t risk;     /* after it, millionths */
};

enum {
    NEAREST_STEP_PERCENT = 10,
    NEAREST_MAX_PERCENT = 90,
    NEAREST_CANDIDATES = (LEVER_COUNT - 1) * NEAREST_MAX_PERCENT / NEAREST_STEP_PERCENT
};

const char *lever_name(enum lever lever);
/* LEVER_NONE if there is none of that name. */
enum lever lever_parse(const char *name);

/* The features of a person who had changed by so many percent. */
struct features lever_pull(enum lever lever, int32_t percent, const struct features *features);

/* Every change that is tried, from small ones to great ones. */
void nearest_candidates(const struct features *features, struct features out[NEAREST_CANDIDATES]);
/* The first candidate whose risk is at most `approve_to`. */
struct nearest nearest_choose(const int32_t risks[NEAREST_CANDIDATES], int32_t approve_to);

#endif
