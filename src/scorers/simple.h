/* SPDX-License-Identifier: Apache-2.0
 *
 * Scorers that need neither a model's folder nor a service. UNAVAILABLE: out of memory.
 */
#ifndef ECS_SCORERS_SIMPLE_H
#define ECS_SCORERS_SIMPLE_H

#include "ports/entropy.h"
#include "ports/scorer.h"

/* Always answers the same risk: for tests and for trying a policy. `risk` in millionths, 0 to
 * 1,000,000. */
MUST_CHECK enum status scorer_fixed_open(int32_t risk, struct scorer **scorer);
/* The mock of the system that this one replaces: a risk drawn evenly from 0 to 1. */
MUST_CHECK enum status scorer_random_open(struct entropy *entropy, struct scorer **scorer);
/* The scorecard of domain/scorecard.h. May be shared by threads. */
MUST_CHECK enum status scorer_scorecard_open(struct scorer **scorer);

#endif
