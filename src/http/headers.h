/* SPDX-License-Identifier: Apache-2.0
 *
 * The request headers that ECS looks at, read in one pass. Slices point into the connection's
 * memory and live as long as the request.
 */
#ifndef ECS_HTTP_HEADERS_H
#define ECS_HTTP_HEADERS_H

#include <microhttpd.h>

#include "base/slice.h"

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

struct headers {
    struct slice values[HEADER_COUNT];
    unsigned times[HEADER_COUNT]; /* how often each came */
};

void headers_read(struct MHD_Connection *connection, struct headers *headers);

#endif
