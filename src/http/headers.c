/* SPDX-License-Identifier: Apache-2.0 */
#include "http/headers.h"

#include <strings.h>

static const struct slice names[HEADER_COUNT] = {
#define NAME(text)                                                                                 \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }
    [HEADER_AUTHORIZATION] = NAME("Authorization"),
    [HEADER_CONTENT_ENCODING] = NAME("Content-Encoding"),
    [HEADER_CONTENT_LENGTH] = NAME("Content-Length"),
    [HEADER_CONTENT_TYPE] = NAME("Content-Type"),
    [HEADER_IDEMPOTENCY_KEY] = NAME("Idempotency-Key"),
    [HEADER_HOST] = NAME("Host"),
    [HEADER_LAST_EVENT_ID] = NAME("Last-Event-ID"),
    [HEADER_TRACEPARENT] = NAME("traceparent"),
    [HEADER_TRANSFER_ENCODING] = NAME("Transfer-Encoding"),
    [HEADER_FORWARDED_FOR] = NAME("X-Forwarded-For"),
    [HEADER_INTERNAL_KEY] = NAME("X-Internal-Key"),
    [HEADER_REQUEST_ID] = NAME("X-Request-ID"),
#undef NAME
};

static enum MHD_Result header_note(void *argument, enum MHD_ValueKind kind, const char *key,
                                   size_t key_size, const char *value, size_t value_size)
{
    (void)kind;
    struct headers *headers = argument;
    for (int i = 0; i < HEADER_COUNT; i++) {
        if (key_size == names[i].size && strncasecmp(key, names[i].data, key_size) == 0) {
            headers->values[i] = (struct slice){value, value_size};
            headers->times[i]++;
            break;
        }
    }
    return MHD_YES;
}

void headers_read(struct MHD_Connection *connection, struct headers *headers)
{
    *headers = (struct headers){0};
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, header_note, headers);
}
