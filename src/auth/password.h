/* SPDX-License-Identifier: Apache-2.0
 *
 * Passwords: Argon2id (libsodium), 19 MiB, 2 passes: the OWASP password storage recommendation.
 * Costs some 25 ms of a core: endpoints that hash have threads of their own (endpoint.h). Safe from
 * any thread.
 */
#ifndef ECS_AUTH_PASSWORD_H
#define ECS_AUTH_PASSWORD_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/status.h"
#include "limits.h"

/* UNAVAILABLE if memory is out. */
MUST_CHECK enum status password_hash(struct slice password, char hash[PASSWORD_HASH_MAX + 1]);
/* The hash is one of password_hash(), or a bcrypt hash of the old system. */
bool password_verify(struct slice password, const char *hash);
/* Whether the hash is of the old system: it is to be replaced once the password is known. */
bool password_is_outdated(const char *hash);
/* Takes as long as a verification and always fails: for an address that does not exist. */
bool password_verify_nobody(struct slice password);

#endif
