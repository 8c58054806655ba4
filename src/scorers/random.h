/* SPDX-License-Identifier: Apache-2.0
 *
 * The mock of the system that this one replaces: a risk drawn evenly from 0 to 1.
 */
#ifndef ECS_SCORERS_RANDOM_H
#define ECS_SCORERS_RANDOM_H

#include "ports/entropy.h"
#include "ports/scorer.h"

/* UNAVAILABLE: out of memory. */
MUST_CHECK enum status scorer_random_open(struct entropy *entropy, struct scorer **scorer);

#endif
