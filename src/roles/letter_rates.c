/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/letter_rates.h"

bool letter_rates_take(struct letter_rates *rates, const struct uuid *source, int64_t now_us)
{
    const int64_t letter_us = SECOND_US / LETTERS_PER_SECOND;
    size_t place = 0; /* of those who name nobody */
    if (source != NULL)
        place = 1 + (source->bytes[14] << 8 | source->bytes[15]) % (LETTER_RATES_MAX - 1);
    int64_t left_us = rates->places[place].left_us - (now_us - rates->places[place].at_us);
    if (left_us < 0)
        left_us = 0;
    bool taken = left_us + letter_us <= LETTERS_AT_ONCE * letter_us;
    rates->places[place].left_us = left_us + (taken ? letter_us : 0);
    rates->places[place].at_us = now_us;
    return taken;
}
