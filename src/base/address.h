/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses of the internet, and lists of networks. An IPv4 address is kept as ::ffff:a.b.c.d, so
 * that it is one address whichever way it came.
 */
#ifndef ECS_BASE_ADDRESS_H
#define ECS_BASE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/status.h"
#include "limits.h"

struct sockaddr;

struct address_network {
    struct in6_addr address;
    unsigned bits; /* of it that count: 0 to 128 */
};

struct address_list {
    struct address_network networks[ADDRESS_NETWORKS_MAX];
    size_t count;
};

/* A family that is neither IPv4 nor IPv6 gives ::, which is nobody's. */
struct in6_addr address_of(const struct sockaddr *socket);
/* INVALID: it is no address. No name is looked up, and no port or zone may follow. */
MUST_CHECK enum status address_parse(struct slice text, struct in6_addr *address);
/* An IPv4 address as it is; of an IPv6 address its /64 network, all of which one subscriber has. */
struct in6_addr address_subscriber(struct in6_addr address);
void address_format(const struct in6_addr *address, char text[INET6_ADDRSTRLEN]);

/* Appends an address or a network: "192.0.2.1", "10.0.0.0/8", "2001:db8::/32". INVALID: it is
 * neither. TOO_LARGE: the list is full. */
MUST_CHECK enum status address_list_add(struct address_list *list, struct slice text);
bool address_list_holds(const struct address_list *list, const struct in6_addr *address);

#endif
