/* SPDX-License-Identifier: Apache-2.0
 *
 * The head of a request, as it came → does it say one thing only? What two readers may understand
 * in two ways is how requests are smuggled past a proxy, and libmicrohttpd is lenient: it joins
 * folded lines, takes "Content-Length :" for a header of another name, ends a path at a zero. It
 * leaves the bytes where they were, though, so it can be checked that the request line and the
 * headers stand one behind the other and that there is nothing between them.
 */
#ifndef ECS_HTTP_FRAMING_H
#define ECS_HTTP_FRAMING_H

#include <microhttpd.h>

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

/* What libmicrohttpd found in the head. */
struct head {
    struct MHD_Connection *connection;
    const struct target *target;
    const char *method;
    const char *version;
};

/* False if there is anything in it that is not one well-formed request line, or one header. */
bool head_is_clear(const struct head *head);

#endif
