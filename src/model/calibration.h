/* SPDX-License-Identifier: Apache-2.0
 *
 * From the log-odds that a model adds up to those of the probability it stands for. Both forms
 * rise strictly, so that calibration never changes who is riskier than whom.
 */
#ifndef ECS_MODEL_CALIBRATION_H
#define ECS_MODEL_CALIBRATION_H

#include <stdbool.h>
#include <stddef.h>

#include "limits.h"

enum calibration_form {
    CALIBRATION_PLATT,    /* intercept + slope * log-odds */
    CALIBRATION_ISOTONIC, /* straight lines between knots, and beyond them on with the slope */
};

struct calibration {
    enum calibration_form form;
    double intercept;
    double slope; /* above 0 */
    size_t knot_count;
    double from[CALIBRATION_KNOTS_MAX]; /* rises strictly */
    double to[CALIBRATION_KNOTS_MAX];   /* rises strictly */
};

/* True if it rises strictly and all its numbers are finite. */
bool calibration_valid(const struct calibration *calibration);
double calibration_apply(const struct calibration *calibration, double log_odds);

/* 1 / (1 + e^-log_odds), and its inverse within what a double tells from 0 and 1. */
double calibration_probability(double log_odds);
double calibration_log_odds(double probability);

#endif
