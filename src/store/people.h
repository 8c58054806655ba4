/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: people, and those who were deleted.
 */
#ifndef ECS_STORE_PEOPLE_H
#define ECS_STORE_PEOPLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "domain/user.h"

struct store;

/* Somebody who was deleted, and how far the dead letters were looked through for them. */
struct gone_person {
    struct uuid user_id;
    int64_t letters_to; /* a sequence; 0: not at all yet */
};

/* CONFLICT if the e-mail is taken. */
MUST_CHECK enum status store_user_create(struct store *store, const struct user *user);
/* NOT_FOUND if there is none; so is the next. */
MUST_CHECK enum status store_user_by_email(struct store *store, const char *email,
                                           struct user *user);
MUST_CHECK enum status store_user_by_id(struct store *store, const struct uuid *id,
                                        struct user *user);
/* Replaces the password's hash, unless it is no more what `user` holds. */
MUST_CHECK enum status store_user_password_renew(struct store *store, const struct user *user,
                                                 const char *password_hash);
/* People who were deleted in the last days, those first whose letters were looked through least
 * far. */
MUST_CHECK enum status store_gone_people(struct store *store, int64_t now_us,
                                         struct gone_person out[], size_t max, size_t *count);
/* Dead letters were looked through for them up to the sequence `letters_to`. */
MUST_CHECK enum status store_gone_seen(struct store *store, const struct gone_person people[],
                                       size_t count, int64_t letters_to);

#endif
