/* SPDX-License-Identifier: Apache-2.0
 *
 * Why PostgreSQL cannot be reached, in the words of libpq and of the server. They hold hosts, the
 * database and the user, never the password.
 */
#ifndef ECS_STORE_POSTGRES_CHECK_H
#define ECS_STORE_POSTGRES_CHECK_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/status.h"
#include "limits.h"

/* True if libpq can read the connection string, and none of what it reads in a URL can be the rest
 * of a password with a / or an @ that should have been percent-encoded. */
bool postgres_check_url(const char *url);

/* What a connection that could not be made says of the last server that it tried. */
void postgres_check_words(const PGconn *connection, char reason[REASON_MAX + 1]);

/* Connects once, and disconnects. `reason` has the server's code (SQLSTATE) and words. UNAVAILABLE:
 * waiting may mend it. INVALID: it will not, as with a wrong password or no such database. Takes
 * STORE_CONNECT_S at most, beside looking up names. */
MUST_CHECK enum status postgres_check(const char *url, char reason[REASON_MAX + 1]);

#endif
