/* SPDX-License-Identifier: Apache-2.0
 *
 * How much of something one name may do: requests of one address, which the cache counts, so that
 * all processes that share it share the limit; and dead letters of one person or producer, which
 * each worker counts in its own memory.
 */
#ifndef ECS_ROLES_RATES_H
#define ECS_ROLES_RATES_H

#include "roles/role.h"

/* Counts one `what` of an address in this second; false if it is one too many. If the cache cannot
 * be asked there is no limit here: the one on all requests of an address, which each process keeps
 * by itself, still holds. */
bool rate_pass(struct role_context *context, const char *what, struct slice address,
               int64_t per_second_max);

struct letter_rate {
    int64_t left_us; /* of the time that the letters so far take up, as of `at_us` */
    int64_t at_us;
};

/* How many dead letters one person and one producer may leave, so that a flood of one name drives
 * no letters of others out. A person that messages name: LETTERS_AT_ONCE, and LETTERS_PER_SECOND
 * from then on. A producer: PRODUCER_LETTER_BYTES at once, and as many again evenly over
 * BUS_DEAD_LETTER_AGE_US, whoever its messages name. All nameless producers are one; what names
 * no person is one person's, but for named producers, whose own limit is enough.
 * Names share LETTER_RATES_MAX and PRODUCER_RATES_MAX places, so that names without end, too,
 * leave a bounded number. One thread at a time; zeroed at first. */
struct letter_rates {
    struct letter_rate persons[LETTER_RATES_MAX];
    struct letter_rate producers[PRODUCER_RATES_MAX];
};

enum letter_verdict { LETTER_KEPT, LETTER_PERSON_FLOODS, LETTER_PRODUCER_FLOODS };

/* Takes one letter of `bytes` from what `person` (NULL: nobody is named) and `producer` (empty: it
 * has no name) both have left at the monotonic time `now_us`; from neither if one has none. */
enum letter_verdict letter_rates_take(struct letter_rates *rates, const struct uuid *person,
                                      struct slice producer, size_t bytes, int64_t now_us);

#endif
