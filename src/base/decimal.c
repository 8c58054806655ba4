/* SPDX-License-Identifier: Apache-2.0 */
#include "base/decimal.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXPONENT_MAX = 100000 }; /* beyond it every number is 0 or too large */

/* The parts of a number as written: digits with at most one point in them, and an exponent. */
struct parts {
    bool negative;
    const char *digits;
    const char *digits_end;
    int64_t point; /* digits before the decimal point, the exponent counted in */
};

static bool take_sign(const char **at)
{
    bool negative = **at == '-';
    if (negative || **at == '+')
        ++*at;
    return negative;
}

static bool take_exponent(const char **at, int64_t *exponent)
{
    *exponent = 0;
    if (**at != 'e' && **at != 'E')
        return true;
    ++*at;
    bool negative = take_sign(at);
    if (!isdigit((unsigned char)**at))
        return false;
    for (; isdigit((unsigned char)**at); ++*at)
        if (*exponent < EXPONENT_MAX)
            *exponent = *exponent * 10 + (**at - '0');
    if (negative)
        *exponent = -*exponent;
    return true;
}

static bool split(const char *text, struct parts *parts)
{
    while (isspace((unsigned char)*text))
        text++;
    parts->negative = take_sign(&text);
    parts->digits = text;
    int64_t whole = 0, fraction = 0;
    for (; isdigit((unsigned char)*text); text++)
        whole++;
    if (*text == '.')
        for (text++; isdigit((unsigned char)*text); text++)
            fraction++;
    parts->digits_end = text;
    int64_t exponent;
    if (whole + fraction == 0 || !take_exponent(&text, &exponent))
        return false;
    parts->point = whole + exponent;
    while (isspace((unsigned char)*text))
        text++;
    return *text == '\0';
}

/* The digits before the cut are the result; the first one after it rounds. */
static int64_t scaled_of(const struct parts *parts, int64_t scale)
{
    assert(scale >= 1 && parts->digits <= parts->digits_end);
    int64_t kept = parts->point; /* digits of the result; none or fewer: it may round up to 1 */
    for (; scale > 1; scale /= 10)
        kept++;
    int64_t result = 0;
    bool overflow = false;
    const char *at = parts->digits;
    for (int64_t place = 0; place < kept && !overflow; place++) {
        at += at < parts->digits_end && *at == '.';
        int digit = at < parts->digits_end ? *at++ - '0' : 0;
        if (result == 0 && at == parts->digits_end && digit == 0)
            break; /* nothing but zeros can follow */
        overflow = __builtin_mul_overflow(result, 10, &result) ||
                   __builtin_add_overflow(result, digit, &result);
    }
    at += at < parts->digits_end && *at == '.';
    if (kept >= 0 && at < parts->digits_end && *at >= '5' && !overflow)
        overflow = __builtin_add_overflow(result, 1, &result);
    if (overflow)
        result = INT64_MAX;
    return parts->negative ? -result : result;
}

enum status decimal_parse(const char *text, int64_t scale, double *value, int64_t *scaled)
{
    struct parts parts;
    if (!split(text, &parts))
        return STATUS_INVALID;
    *value = strtod(text, NULL);
    *scaled = scaled_of(&parts, scale);
    return STATUS_OK;
}

int64_t decimal_of_double(double value, int64_t scale)
{
    double product = value * (double)scale;
    assert(fabs(product) < 9e18);
    /* Only a product this near to a half can round to the wrong side; then the digits decide. */
    double doubt = 1e-9 + fabs(product) * 4e-16;
    if (fabs(fabs(product - trunc(product)) - 0.5) > doubt)
        return llround(product);
    char text[32];
    snprintf(text, sizeof text, "%.15g", value);
    int64_t scaled = 0;
    enum status status = decimal_parse(text, scale, &value, &scaled);
    assert(status == STATUS_OK);
    (void)status;
    return scaled;
}
