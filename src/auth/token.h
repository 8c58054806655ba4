/* SPDX-License-Identifier: Apache-2.0
 *
 * Access tokens: JWT, HS256 and nothing else, by libjwt. Claims sub, email, exp, iat, jti, iss,
 * aud, and gen: the person's generation of tokens. Safe from any thread.
 */
#ifndef ECS_AUTH_TOKEN_H
#define ECS_AUTH_TOKEN_H

#include <stdint.h>

#include "base/slice.h"
#include "base/status.h"
#include "ports/endpoint.h"

#define TOKEN_ISSUER "ecs"
#define TOKEN_AUDIENCE "ecs"

enum { TOKEN_KEY_SIZE = 512 };

/* SECRET_KEY: the first key signs, all verify, so that a key can be replaced by and by. */
struct token_keys {
    size_t count;
    char secrets[TOKEN_KEYS_MAX][TOKEN_KEY_SIZE]; /* each of SECRET_MIN bytes or more */
};

/* Signs a token for the principal, all of whose fields are set. INTERNAL if it does not fit. */
MUST_CHECK enum status token_sign(const struct token_keys *keys, const struct principal *principal,
                                  int64_t now_us, char text[TOKEN_MAX + 1]);

/* UNAUTHENTICATED unless signature, algorithm, times, issuer and audience are right. */
MUST_CHECK enum status token_verify(const struct token_keys *keys, struct slice text,
                                    int64_t now_us, struct principal *principal);

#endif
