/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/publication.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "process/metrics.h"

void publication_count(enum stream stream, enum status status, size_t count)
{
    assert(stream < STREAM_COUNT);
    metric_add(status == STATUS_OK ? METRIC_bus_published : METRIC_bus_publish_failed,
               metric_label_of(stream_label(stream)), (int64_t)count);
}

void publication_end(const struct publication *publication, enum status status)
{
    assert(publication->done != NULL); /* each ends once */
    publication_count(publication->stream, status, 1);
    publication->done(publication->context, status);
}

/* Copies to `*end`, which has that much room, and moves it on. */
static struct slice copy(struct slice from, char **end)
{
    struct slice copy = {*end, from.size};
    if (from.size > 0)
        memcpy(*end, from.data, from.size);
    *end += from.size;
    return copy;
}

struct outgoing *outgoing_create(const struct bus_message *message, struct slice once,
                                 bus_published *done, void *context)
{
    struct publication publication = {message->stream, done, context};
    size_t size = sizeof(struct outgoing) + message->subject.size + message->payload.size +
                  message->message_id.size + message->request_id.size + message->traceparent.size +
                  message->producer.size + message->reason.size + once.size;
    bool too_large = message->payload.size > BUS_PAYLOAD_MAX;
    struct outgoing *outgoing = too_large ? NULL : malloc(size);
    if (outgoing == NULL) {
        publication_end(&publication, too_large ? STATUS_TOO_LARGE : STATUS_UNAVAILABLE);
        return NULL;
    }
    char *end = (char *)(outgoing + 1);
    *outgoing =
        (struct outgoing){.publication = publication, .size = size, .status = STATUS_UNAVAILABLE};
    outgoing->message = (struct bus_message){
        .stream = message->stream,
        .subject = copy(message->subject, &end),
        .payload = copy(message->payload, &end),
        .message_id = copy(message->message_id, &end),
        .request_id = copy(message->request_id, &end),
        .traceparent = copy(message->traceparent, &end),
        .producer = copy(message->producer, &end),
        .reason = copy(message->reason, &end),
    };
    outgoing->once = copy(once, &end);
    assert(end == (char *)outgoing + size);
    return outgoing;
}

void outgoing_end(struct outgoing *outgoing, enum status status)
{
    publication_end(&outgoing->publication, status);
    free(outgoing);
}

bool letter_is_due(const struct bus_message *message, enum outcome outcome)
{
    return outcome == OUTCOME_REJECT && message->reason.size > 0;
}

void letter_write(struct letter *letter, const struct bus_message *message)
{
    assert(message->stream != STREAM_DEAD_LETTERS); /* a letter has no letter */
    const char *stream = stream_name(message->stream);
    int subject_size =
        snprintf(letter->subject, sizeof letter->subject, LETTER_PREFIX "%s", stream);
    int once_size =
        snprintf(letter->once, sizeof letter->once, "%s-%lld-%llu-%lld", stream,
                 (long long)message->stream_created_us, (unsigned long long)message->sequence,
                 (long long)message->published_us);
    assert(subject_size < (int)sizeof letter->subject && once_size < (int)sizeof letter->once);
    letter->message = *message;
    letter->message.stream = STREAM_DEAD_LETTERS;
    letter->message.subject = slice_of(letter->subject);
}
