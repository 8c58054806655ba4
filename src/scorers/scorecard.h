/* SPDX-License-Identifier: Apache-2.0
 *
 * The scorecard of domain/scorecard.h behind the scorer port. May be shared by threads.
 */
#ifndef ECS_SCORERS_SCORECARD_H
#define ECS_SCORERS_SCORECARD_H

#include "ports/scorer.h"

MUST_CHECK enum status scorer_scorecard_open(struct scorer **scorer);

#endif
