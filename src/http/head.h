/* SPDX-License-Identifier: Apache-2.0
 *
 * The head of a request: its line and its headers. Does it say one thing only, what do its headers
 * say, and who is the client?
 *
 * What two readers may understand in two ways is how requests are smuggled past a proxy, and
 * libmicrohttpd is lenient: it joins folded lines, takes "Content-Length :" for a header of another
 * name, ends a path at a zero. It leaves the bytes where they were, though, so it can be checked
 * that the request line and the headers stand one behind the other and that there is nothing
 * between them.
 */
#ifndef ECS_HTTP_HEAD_H
#define ECS_HTTP_HEAD_H

#include <microhttpd.h>

#include "base/address.h"
#include "base/slice.h"

/* The target of a request, between its line and its headers; of a connection. */
struct target {
    struct slice whole; /* as it came; changed when the headers are there */
    size_t path_size;
    char query_first; /* taken out, see target_note */
};

/* When the request line was read: keeps the target. The query is hidden from libmicrohttpd, which
 * would make a list of its arguments, and never answer when that does not fit into its memory. */
void target_note(struct target *target, const char *uri);
/* When the headers are there: puts the query back. */
void target_restore(struct target *target);
/* Without its "?"; empty if there is none. */
struct slice target_query(const struct target *target);

enum header {
    HEADER_AUTHORIZATION,
    HEADER_CONTENT_ENCODING,
    HEADER_CONTENT_LENGTH,
    HEADER_CONTENT_TYPE,
    HEADER_IDEMPOTENCY_KEY,
    HEADER_HOST,
    HEADER_LAST_EVENT_ID,
    HEADER_TRACEPARENT,
    HEADER_TRANSFER_ENCODING,
    HEADER_FORWARDED_FOR, /* of several, the last: what our own proxy wrote */
    HEADER_INTERNAL_KEY,
    HEADER_REQUEST_ID,
    HEADER_COUNT
};

/* The headers that ECS looks at. Slices point into the connection's memory and live as long as the
 * request. */
struct headers {
    struct slice values[HEADER_COUNT];
    unsigned times[HEADER_COUNT]; /* how often each came */
};

void headers_read(struct MHD_Connection *connection, struct headers *headers);
/* The client, by its peer and X-Forwarded-For. Each proxy appends the address that asked it, so
 * what stands further left was said by others: entries are believed from the right, as long as it
 * was a trusted proxy that wrote them. An entry that is no address ("unknown") ends the search:
 * then the proxy that wrote it counts as the client. */
struct in6_addr headers_client(const struct address_list *proxies, struct in6_addr peer,
                               struct slice forwarded_for);

/* What libmicrohttpd found in the head. */
struct head {
    struct MHD_Connection *connection;
    const struct target *target;
    const char *method;
    const char *version;
};

/* NULL: it is one well-formed request line and well-formed headers, with one host and one end of
 * the body. Else what is wrong, in the words of the contract. */
const char *head_fault(const struct head *head, const struct headers *headers);

#endif
