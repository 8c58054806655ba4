/* SPDX-License-Identifier: Apache-2.0
 *
 * The head of a request → may it reach its endpoint, and who asks? Judged before a byte of the body
 * is read, in this order: well-formed, rate, route, method, authorization, media type, size.
 */
#ifndef ECS_HTTP_ADMISSION_H
#define ECS_HTTP_ADMISSION_H

#include "base/hash.h"
#include "http/head.h"
#include "http/server.h"

struct call;

/* What the right to an endpoint is judged by; belongs to the server. */
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
/* Fills in what the handler may look at. False: the call is refused by the first check that failed;
 * its handler does not run. */
MUST_CHECK bool admission_check(struct call *call, const struct head *head,
                                const struct headers *headers);

#endif
