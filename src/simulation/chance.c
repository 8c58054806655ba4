/* SPDX-License-Identifier: Apache-2.0 */
#include "simulation/chance.h"

#include <assert.h>

#include "base/splitmix.h"
#include "limits.h"

enum {
    LANES = 4,
    LANES_MEAN = 131070,     /* 4 × 65535 / 2 */
    LANES_DEVIATION = 37837, /* √(4 × (65536² − 1) / 12) */
    LN_2 = 693147,
    LEAST_POWER = 24,
    EXP_MAX = 16 * MILLIONTHS
};

uint64_t chance_of(uint64_t seed, uint64_t use, uint64_t number)
{
    return splitmix_mix(splitmix_mix(seed + use * 0xd1342543de82ef95u) +
                        (number + 1) * SPLITMIX_STEP);
}

int64_t chance_below(uint64_t word, int64_t end)
{
    assert(end > 0);
    return (int64_t)(word % (uint64_t)end);
}

int64_t chance_normal(uint64_t word)
{
    int64_t sum = 0;
    for (int i = 0; i < LANES; i++)
        sum += (int64_t)(word >> (16 * i) & 0xffff);
    return (sum - LANES_MEAN) * MILLIONTHS / LANES_DEVIATION;
}

int64_t chance_wave(uint64_t seed, uint64_t use, int64_t at, int64_t period)
{
    assert(at >= 0 && period > 0);
    int64_t knot = at / period, part = at % period;
    int64_t from = chance_normal(chance_of(seed, use, (uint64_t)knot));
    int64_t to = chance_normal(chance_of(seed, use, (uint64_t)knot + 1));
    return from + (to - from) * part / period;
}

int64_t chance_times(int64_t a, int64_t b)
{
    return a * b / MILLIONTHS;
}

int64_t chance_clamp(int64_t value, int64_t least, int64_t most)
{
    assert(least <= most);
    return value < least ? least : value > most ? most : value;
}

/* x = n × ln 2 + r with r in [0, ln 2): e^x = 2^n × e^r, and e^r by its series, up to r^7. */
int64_t chance_exp(int64_t x)
{
    if (x < -EXP_MAX)
        return 0;
    int64_t shifted = chance_clamp(x, -EXP_MAX, EXP_MAX) + LEAST_POWER * LN_2; /* above 0 */
    assert(shifted > 0);
    int64_t power = shifted / LN_2 - LEAST_POWER, rest = shifted % LN_2;
    int64_t sum = MILLIONTHS + rest / 7;
    for (int i = 6; i > 0; i--)
        sum = MILLIONTHS + chance_times(rest, sum) / i;
    return power < 0 ? sum >> -power : sum << power;
}

int64_t chance_logistic(int64_t x)
{
    return (int64_t)MILLIONTHS * MILLIONTHS / (MILLIONTHS + chance_exp(-x));
}
