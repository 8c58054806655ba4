/* SPDX-License-Identifier: Apache-2.0
 *
 * A model that always answers the same risk: for tests and for trying a policy.
 */
#ifndef ECS_SCORERS_FIXED_H
#define ECS_SCORERS_FIXED_H

#include "ports/scorer.h"

/* `risk` in millionths, 0 to 1,000,000. UNAVAILABLE: out of memory. */
MUST_CHECK enum status scorer_fixed_open(int32_t risk, struct scorer **scorer);

#endif
