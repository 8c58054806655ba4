/* SPDX-License-Identifier: Apache-2.0
 *
 * peer and X-Forwarded-For → the client's address. Each proxy appends whom it was asked by, so what
 * stands further left was said by others: entries are believed from the right, as long as it was a
 * trusted proxy that wrote them.
 */
#ifndef ECS_HTTP_FORWARDED_H
#define ECS_HTTP_FORWARDED_H

#include "base/address.h"

/* The rightmost entry that is no trusted proxy. An entry that is no address ("unknown") ends the
 * search: then the proxy that wrote it counts as the client. */
struct in6_addr forwarded_client(const struct address_list *proxies, struct in6_addr peer,
                                 struct slice forwarded_for);

#endif
