/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/ingestion.h"

void ingestion_message_id(struct role_context *context, const char *event_id,
                          const struct hash *key, const struct hash *content, int64_t now_us,
                          char message_id[MESSAGE_ID_SIZE])
{
    if (event_id[0] == '\0') {
        struct uuid uuid = entropy_uuid(context->entropy, now_us);
        uuid_format(&uuid, message_id);
        return;
    }
    struct hash id = hash_of((const struct slice[]){{(const char *)key->bytes, HASH_SIZE},
                                                    {(const char *)content->bytes, HASH_SIZE}},
                             2);
    hash_format(&id, message_id);
}

struct bus_message ingestion_message(enum stream stream, const struct request *request,
                                     const struct buf *payload, const char *message_id)
{
    return (struct bus_message){
        .stream = stream,
        .payload = buf_slice(payload),
        .message_id = slice_of(message_id),
        .request_id = slice_of(request->request_id),
        .traceparent = slice_of(request->traceparent),
    };
}

void ingestion_refuse(struct response *response, enum status status,
                      const struct field_errors *errors, const char *reason)
{
    if (status == STATUS_INVALID)
        response_field_errors(response, errors);
    else
        response_error(response, status, reason);
}

void ingestion_unavailable(struct response *response)
{
    response_error(response, STATUS_UNAVAILABLE,
                   "Service unavailable. Could not connect to the messaging system.");
    response->retry_after_s = INGESTION_RETRY_AFTER_S;
}

static void published(void *context, enum status status)
{
    struct exchange *exchange = context;
    if (status != STATUS_OK)
        ingestion_unavailable(&exchange->response);
    exchange_done(exchange);
}

void ingestion_publish(struct role_context *context, struct exchange *exchange,
                       const struct bus_message *message)
{
    exchange->response.http_status = status_http(STATUS_ACCEPTED);
    bus_publish(context->bus, message, published, exchange);
}
