/* SPDX-License-Identifier: Apache-2.0
 *
 * Wrong passwords of one account, from all addresses together → how long the next try must wait.
 * The wait grows with each failure and ends at FAILED_LOGIN_WAIT_US_MAX after the last one, so
 * that a guesser has some 240 tries a day and nobody can lock a person out for longer than they
 * go on guessing. Where a person is logged in already is familiar: failures there are counted
 * apart, so that strangers cannot lock a person out of their own place.
 */
#ifndef ECS_DOMAIN_ATTEMPTS_H
#define ECS_DOMAIN_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

struct attempts {
    bool familiar;    /* this is a place where the person is logged in */
    int64_t failures; /* there, or in all other places; none for FAILED_LOGIN_LIFE_US: 0 */
    int64_t age_us;   /* of the last one; negative: the clock was set back */
};

/* 0: the password may be tried. `free_max` failures cost no time. */
int64_t attempts_wait_us(const struct attempts *attempts, int64_t free_max);

#endif
