/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: people, their sessions and logins, and those who were deleted.
 */
#ifndef ECS_STORE_PEOPLE_H
#define ECS_STORE_PEOPLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/status.h"
#include "base/uuid.h"
#include "domain/user.h"

struct store;

/* A refresh token is kept as a hash. All tokens born of one login are a family: a token used
 * twice was stolen, and ends its family. */
struct refresh_token {
    struct hash token;
    struct uuid family;
    struct uuid user_id;
    int64_t expires_at_us;
    struct hash place;  /* of the login, keyed: to know it again, not to be read */
    int64_t generation; /* of the person, when the token was given out */
};

/* A person who logged out: tokens of generations before this one are revoked. */
struct revocation {
    struct uuid user_id;
    int64_t generation;
    int64_t change; /* grows with every logout of anybody, as far as store_revocations_mark says */
};

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
MUST_CHECK enum status store_refresh_create(struct store *store, const struct refresh_token *token);
/* Uses up `old` and stores `next`, whose token and expiry the caller has set; its family and user
 * are filled in from the old one. UNAUTHENTICATED if `old` is unknown, expired, or was used
 * before; in the last case its whole family ends. */
MUST_CHECK enum status store_refresh_rotate(struct store *store, const struct hash *old,
                                            struct refresh_token *next, int64_t now_us);
/* Ends all tokens of a person: the refresh tokens, and the access tokens of all generations before
 * `generation`, which begins. NOT_FOUND if there is no such person. */
MUST_CHECK enum status store_sessions_end(struct store *store, const struct uuid *user_id,
                                          int64_t *generation);
/* Every revocation whose `change` is below the mark can be read from now on; so whoever has read
 * all goes on from the mark of before. A mark that has shrunk is of another database. */
MUST_CHECK enum status store_revocations_mark(struct store *store, int64_t *mark);
/* Those behind `after`, in the order of `change` and person. */
MUST_CHECK enum status store_revocations_read(struct store *store, const struct revocation *after,
                                              struct revocation out[], size_t max, size_t *count);
/* What is known of the wrong passwords of an account, from a place of this kind. */
MUST_CHECK enum status store_attempts_read(struct store *store, const struct uuid *account,
                                           const struct hash *place, int64_t now_us,
                                           struct attempts *attempts);
/* Counts one more wrong password; `attempts->failures` is their number with it. */
MUST_CHECK enum status store_attempts_fail(struct store *store, const struct uuid *account,
                                           struct attempts *attempts);
/* People who were deleted in the last days, those first whose letters were looked through least
 * far. */
MUST_CHECK enum status store_gone_people(struct store *store, int64_t now_us,
                                         struct gone_person out[], size_t max, size_t *count);
/* Dead letters were looked through for them up to the sequence `letters_to`. */
MUST_CHECK enum status store_gone_seen(struct store *store, const struct gone_person people[],
                                       size_t count, int64_t letters_to);

#endif
