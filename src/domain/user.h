/* SPDX-License-Identifier: Apache-2.0
 *
 * A person as the system knows them, how they log in, and what is told to them.
 */
#ifndef ECS_DOMAIN_USER_H
#define ECS_DOMAIN_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/uuid.h"
#include "limits.h"

struct user {
    struct uuid id;
    char email[EMAIL_MAX + 1]; /* lower case */
    char password_hash[PASSWORD_HASH_MAX + 1];
    int64_t created_at_us;
    int64_t updated_at_us;
    int64_t generation; /* of tokens: grows when the person logs out */
};

/* An address in lower case, so that one mailbox is one person. Addresses have the shape of RFC 5321
 * without its oddities (quoted names, comments, numeric hosts), in ASCII. `text` may be `email`
 * itself. INVALID if it is not an address. */
MUST_CHECK enum status user_email_normalise(const char *text, char email[EMAIL_MAX + 1]);

/* Wrong passwords of one account, from all addresses together. Where a person is logged in already
 * is familiar: failures there are counted apart, so that strangers cannot lock a person out of
 * their own place. */
struct attempts {
    bool familiar;    /* this is a place where the person is logged in */
    int64_t failures; /* there, or in all other places; none for FAILED_LOGIN_LIFE_US: 0 */
    int64_t age_us;   /* of the last one; negative: the clock was set back */
};

/* How long the next try must wait; 0: the password may be tried. `free_max` failures cost no time.
 * The wait grows with each failure and ends at FAILED_LOGIN_WAIT_US_MAX after the last one, so
 * that a guesser has some 240 tries a day and nobody can lock a person out for longer than they go
 * on guessing. */
int64_t attempts_wait_us(const struct attempts *attempts, int64_t free_max);

struct notification {
    int64_t id; /* ascending for each person: the id of a Server-Sent Event */
    struct uuid user_id;
    struct uuid offer_id;
    char type[48];
    char title[80];
    char message[160];
    int64_t created_at_us;
};

#endif
