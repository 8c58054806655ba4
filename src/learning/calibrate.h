/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the calibration of log-odds from predictions of rows that the model did not see.
 */
#ifndef ECS_LEARNING_CALIBRATE_H
#define ECS_LEARNING_CALIBRATE_H

#include <stdint.h>

#include "base/status.h"
#include "model/part.h"

/* Platt scaling. The slope is held above 0: who is riskier stays riskier. */
MUST_CHECK enum status calibrate_platt(const double log_odds[], const uint8_t positives[],
                                       size_t count, struct calibration *calibration);
/* Isotonic regression (pool adjacent violators), its steps joined by straight lines. Where there
 * is too little data for two steps it is Platt's. */
MUST_CHECK enum status calibrate_isotonic(const double log_odds[], const uint8_t positives[],
                                          size_t count, struct calibration *calibration);
/* The form with the smaller log loss in a cross-validation over these rows. */
MUST_CHECK enum status calibrate(const double log_odds[], const uint8_t positives[], size_t count,
                                 struct calibration *calibration);

/* Mean log loss of calibrated log-odds. */
double calibrate_loss(const struct calibration *calibration, const double log_odds[],
                      const uint8_t positives[], size_t count);

#endif
