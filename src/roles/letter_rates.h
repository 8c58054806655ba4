/* SPDX-License-Identifier: Apache-2.0
 *
 * How many dead letters one source may leave: LETTERS_AT_ONCE, and LETTERS_PER_SECOND from then on.
 * The source is the person that a message names; all that name nobody are one source. A flood of
 * one name then drives no letters of others out. Sources share LETTER_RATES_MAX places, so that
 * names without end, too, leave a bounded number. One thread at a time; zeroed at first.
 */
#ifndef ECS_ROLES_LETTER_RATES_H
#define ECS_ROLES_LETTER_RATES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"
#include "limits.h"

struct letter_rates {
    struct {
        int64_t left_us; /* of the time that the letters so far take up, as of `at_us` */
        int64_t at_us;
    } places[LETTER_RATES_MAX];
};

/* Takes one letter from what `source` (NULL: nobody is named) has left at the monotonic time
 * `now_us`; false if there is none. */
bool letter_rates_take(struct letter_rates *rates, const struct uuid *source, int64_t now_us);

#endif
