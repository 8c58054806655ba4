/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/publication.h"

#include <stdio.h>

#include "process/metrics.h"

void publication_count(enum stream stream, enum status status, size_t count)
{
    metric_add(status == STATUS_OK ? METRIC_bus_published : METRIC_bus_publish_failed,
               metric_label_of(stream_label(stream)), (int64_t)count);
}

void publication_end(const struct publication *publication, enum status status)
{
    publication_count(publication->stream, status, 1);
    publication->done(publication->context, status);
}

size_t message_size(const struct bus_message *message)
{
    return message->subject.size + message->payload.size + message->message_id.size +
           message->request_id.size + message->traceparent.size + message->producer.size +
           message->reason.size;
}

struct slice slice_copy(struct slice from, char **end)
{
    struct slice copy = {*end, from.size};
    if (from.size > 0)
        memcpy(*end, from.data, from.size);
    *end += from.size;
    return copy;
}

struct bus_message message_copy(const struct bus_message *message, char **end)
{
    return (struct bus_message){
        .stream = message->stream,
        .subject = slice_copy(message->subject, end),
        .payload = slice_copy(message->payload, end),
        .message_id = slice_copy(message->message_id, end),
        .request_id = slice_copy(message->request_id, end),
        .traceparent = slice_copy(message->traceparent, end),
        .producer = slice_copy(message->producer, end),
        .reason = slice_copy(message->reason, end),
    };
}

bool letter_is_due(const struct bus_message *message, enum outcome outcome)
{
    return outcome == OUTCOME_REJECT && message->reason.size > 0;
}

struct bus_message letter_of(const struct bus_message *message, struct letter_name *name)
{
    const char *stream = stream_name(message->stream);
    snprintf(name->subject, sizeof name->subject, LETTER_PREFIX "%s", stream);
    snprintf(name->once, sizeof name->once, "%s-%lld-%llu-%lld", stream,
             (long long)message->stream_created_us, (unsigned long long)message->sequence,
             (long long)message->published_us);
    struct bus_message letter = *message;
    letter.stream = STREAM_DEAD_LETTERS;
    letter.subject = slice_of(name->subject);
    return letter;
}
