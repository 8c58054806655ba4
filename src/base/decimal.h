/* SPDX-License-Identifier: Apache-2.0
 *
 * Decimal numbers to integers in 1/scale (cents, millionths), rounded half away from zero by their
 * decimal digits: 1.005 is 101 cents, although the nearest double lies a little below it.
 */
#ifndef ECS_BASE_DECIMAL_H
#define ECS_BASE_DECIMAL_H

#include <stdint.h>

#include "base/status.h"

/* Reads sign, digits, point and exponent, with spaces around them, and nothing else ("nan", "0x1"
 * and "1_000" are INVALID). `scale` is a power of ten. `*scaled` saturates at the ends of its
 * type; `*value` is the nearest double, for comparing. */
MUST_CHECK enum status decimal_parse(const char *text, int64_t scale, double *value,
                                     int64_t *scaled);

/* The same for a double, taken as the decimal of 15 digits that is nearest to it. The result must
 * fit its type. */
int64_t decimal_of_double(double value, int64_t scale);

#endif
