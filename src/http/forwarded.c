/* SPDX-License-Identifier: Apache-2.0 */
#include "http/forwarded.h"

static struct slice trim(struct slice text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = (struct slice){text.data + 1, text.size - 1};
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

/* Takes the entry behind the last comma off the end. */
static struct slice last_entry(struct slice *entries)
{
    size_t start = entries->size;
    while (start > 0 && entries->data[start - 1] != ',')
        start--;
    struct slice entry = {entries->data + start, entries->size - start};
    entries->size = start > 0 ? start - 1 : 0;
    return trim(entry);
}

/* Some proxies add the port: "192.0.2.1:80", "[2001:db8::1]:80". Takes it and the brackets off. */
static struct slice without_port(struct slice entry)
{
    const char *colon = entry.size == 0 ? NULL : memchr(entry.data, ':', entry.size);
    const char *end = entry.size == 0 ? NULL : memchr(entry.data, ']', entry.size);
    if (end != NULL && entry.data[0] == '[')
        return (struct slice){entry.data + 1, (size_t)(end - entry.data - 1)};
    bool alone = colon != NULL &&
                 memchr(colon + 1, ':', (size_t)(entry.data + entry.size - colon - 1)) == NULL;
    return alone ? (struct slice){entry.data, (size_t)(colon - entry.data)} : entry;
}

struct in6_addr forwarded_client(const struct address_list *proxies, struct in6_addr peer,
                                 struct slice forwarded_for)
{
    struct in6_addr client = peer, entry;
    for (int hops = 0; hops < PROXY_HOPS_MAX && forwarded_for.size > 0; hops++) {
        if (!address_list_holds(proxies, &client) ||
            address_parse(without_port(last_entry(&forwarded_for)), &entry) != STATUS_OK)
            break;
        client = entry;
    }
    return client;
}
