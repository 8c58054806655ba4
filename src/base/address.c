/* SPDX-License-Identifier: Apache-2.0 */
#include "base/address.h"

#include <arpa/inet.h>
#include <assert.h>
#include <sys/socket.h>

#include "base/text.h"

enum { ADDRESS_BITS = 128, MAPPED_BITS = 96 /* of ::ffff:a.b.c.d, before the IPv4 address */ };

static struct in6_addr mapped(struct in_addr v4)
{
    struct in6_addr address = {.s6_addr = {[10] = 0xFF, [11] = 0xFF}};
    memcpy(address.s6_addr + MAPPED_BITS / 8, &v4, sizeof v4);
    return address;
}

struct in6_addr address_of(const struct sockaddr *socket)
{
    if (socket->sa_family == AF_INET6)
        return ((const struct sockaddr_in6 *)socket)->sin6_addr;
    if (socket->sa_family == AF_INET)
        return mapped(((const struct sockaddr_in *)socket)->sin_addr);
    return in6addr_any;
}

enum status address_parse(struct slice text, struct in6_addr *address)
{
    char copy[INET6_ADDRSTRLEN];
    struct in_addr v4;
    if (text.size == 0 || text.size >= sizeof copy || memchr(text.data, '\0', text.size) != NULL)
        return STATUS_INVALID;
    slice_text(text, copy, sizeof copy);
    if (inet_pton(AF_INET, copy, &v4) == 1) {
        *address = mapped(v4);
        return STATUS_OK;
    }
    return inet_pton(AF_INET6, copy, address) == 1 ? STATUS_OK : STATUS_INVALID;
}

struct in6_addr address_subscriber(struct in6_addr address)
{
    if (!IN6_IS_ADDR_V4MAPPED(&address))
        memset(address.s6_addr + 8, 0, 8);
    return address;
}

void address_format(const struct in6_addr *address, char text[INET6_ADDRSTRLEN])
{
    if (IN6_IS_ADDR_V4MAPPED(address))
        inet_ntop(AF_INET, address->s6_addr + MAPPED_BITS / 8, text, INET6_ADDRSTRLEN);
    else
        inet_ntop(AF_INET6, address, text, INET6_ADDRSTRLEN);
}

enum status address_list_add(struct address_list *list, struct slice text)
{
    enum { DIGITS_MAX = 3 };
    struct address_network network = {.bits = ADDRESS_BITS};
    struct slice address = text;
    assert(list->count <= ADDRESS_NETWORKS_MAX);
    const char *slash = text.size == 0 ? NULL : memchr(text.data, '/', text.size);
    if (slash != NULL)
        address.size = (size_t)(slash - text.data);
    if (address_parse(address, &network.address) != STATUS_OK)
        return STATUS_INVALID;
    if (slash != NULL) {
        struct slice digits = {slash + 1, text.size - address.size - 1};
        unsigned before = memchr(address.data, ':', address.size) == NULL ? MAPPED_BITS : 0;
        uint64_t bits;
        if (digits.size > DIGITS_MAX || !text_number(digits, ADDRESS_BITS - before, &bits))
            return STATUS_INVALID;
        network.bits = before + (unsigned)bits;
    }
    if (list->count == ADDRESS_NETWORKS_MAX)
        return STATUS_TOO_LARGE;
    list->networks[list->count++] = network;
    return STATUS_OK;
}

static bool network_holds(const struct address_network *network, const struct in6_addr *address)
{
    const uint8_t *ours = network->address.s6_addr, *other = address->s6_addr;
    size_t whole = network->bits / 8;
    if (memcmp(ours, other, whole) != 0)
        return false;
    unsigned left = network->bits % 8;
    return left == 0 || (ours[whole] ^ other[whole]) >> (8 - left) == 0;
}

bool address_list_holds(const struct address_list *list, const struct in6_addr *address)
{
    for (size_t i = 0; i < list->count; i++)
        if (network_holds(&list->networks[i], address))
            return true;
    return false;
}
