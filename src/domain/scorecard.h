/* SPDX-License-Identifier: Apache-2.0
 *
 * A risk model that needs neither training nor a file: a logistic scorecard over four features, in
 * integers, so that it gives the same bits everywhere. docs/scorecard.md tells the formula and why
 * its weights are what they are.
 */
#ifndef ECS_DOMAIN_SCORECARD_H
#define ECS_DOMAIN_SCORECARD_H

#include "domain/scoring.h"

#define SCORECARD_MODEL "scorecard-1"

/* Millionths, 0 to 1,000,000, of all features. */
int32_t scorecard_risk(const struct features *features);

/* The risk never rises with positivity or with the number of transactions, never falls with stress
 * events or with the average value. Weights are against somebody of whom no event is known. */
extern const struct risk_model scorecard_model;

#endif
