/* SPDX-License-Identifier: Apache-2.0
 *
 * Access tokens: JWT, HS256 and nothing else, by libjwt. Claims sub, email, exp, iat, jti, iss
 * and aud. Safe from any thread.
 */
#ifndef ECS_AUTH_TOKEN_H
#define ECS_AUTH_TOKEN_H

#include <stdint.h>

#include "base/slice.h"
#include "base/status.h"
#include "ports/endpoint.h"

#define TOKEN_ISSUER "ecs"
#define TOKEN_AUDIENCE "ecs"

struct token_keys {
    char secret[512]; /* SECRET_KEY: at least SECRET_MIN bytes */
};

/* Signs a token for the principal (whose token_id and token_expires_at_us are set). INTERNAL if
 * it does not fit. */
MUST_CHECK enum status token_sign(const struct token_keys *keys, const struct principal *principal,
                                  int64_t now_us, char text[TOKEN_MAX + 1]);

/* UNAUTHENTICATED unless signature, algorithm, times, issuer and audience are right. */
MUST_CHECK enum status token_verify(const struct token_keys *keys, struct slice text,
                                    int64_t now_us, struct principal *principal);

#endif
