/* SPDX-License-Identifier: Apache-2.0
 *
 * headers → may this request reach its endpoint, and who asks. Looks at nothing but headers and
 * path, so that it can be decided before a body is read.
 */
#ifndef ECS_HTTP_AUTHORIZE_H
#define ECS_HTTP_AUTHORIZE_H

#include "base/hash.h"
#include "http/head.h"
#include "http/router.h"

/* What requests are judged by; belongs to the server. */
struct authority {
    const struct token_keys *tokens;
    const struct revocations *revocations;
    size_t internal_key_count;
    struct hash internal_keys[INTERNAL_KEYS_MAX]; /* hashed, so that all compare in equal time */
    const char *producers[INTERNAL_KEYS_MAX];     /* the name that each has */
};

/* INVALID: more than INTERNAL_KEYS_MAX keys. */
MUST_CHECK enum status authority_init(struct authority *authority,
                                      const struct http_options *options);
/* Not OK: `*detail` says why, in the words of the contract. `path_user` is the {user_id} of the
 * path; without data if there is none. */
MUST_CHECK enum status authorize(const struct authority *authority, enum endpoint_auth auth,
                                 const struct headers *headers, struct slice path_user,
                                 int64_t now_us, struct principal *principal, const char **detail);

#endif
