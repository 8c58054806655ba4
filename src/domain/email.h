/* SPDX-License-Identifier: Apache-2.0
 *
 * E-mail addresses: the shape of RFC 5321 without its oddities (quoted names, comments, numeric
 * hosts), in ASCII. Lower-cased, so that one mailbox is one person.
 */
#ifndef ECS_DOMAIN_EMAIL_H
#define ECS_DOMAIN_EMAIL_H

#include "base/status.h"
#include "limits.h"

/* `text` may be `email` itself. INVALID if it is not an address. */
MUST_CHECK enum status email_normalise(const char *text, char email[EMAIL_MAX + 1]);

#endif
