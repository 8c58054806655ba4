/* SPDX-License-Identifier: Apache-2.0
 *
 * Logistic regression with a ridge penalty, and signs that weights may be held to. By Newton's
 * method, each step solved by coordinate descent, which keeps the signs.
 */
#ifndef ECS_LEARNING_LOGISTIC_H
#define ECS_LEARNING_LOGISTIC_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct logistic_problem {
    const double *values; /* row-major, `width` a row */
    const uint8_t *positives;
    size_t rows;
    size_t width;
    double positive_weight;   /* what a positive row counts; a negative one counts 1 */
    double penalty;           /* of a squared weight, halved, for each row */
    const int8_t *directions; /* one a weight: +1 not below 0, -1 not above, 0 either; or NULL */
};

/* Improves `weights`: `width` of them, and behind them the intercept. Zeros are a fine start.
 * UNAVAILABLE: memory is out. */
MUST_CHECK enum status logistic_fit(const struct logistic_problem *problem, double weights[]);

#endif
