/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/publication.h"

#include <stdio.h>

#include "base/metrics.h"

void publication_count(enum stream stream, enum status status, size_t count)
{
    metric_add(status == STATUS_OK ? METRIC_bus_published : METRIC_bus_publish_failed,
               stream_label(stream), (int64_t)count);
}

void publication_end(const struct publication *publication, enum status status)
{
    publication_count(publication->stream, status, 1);
    publication->done(publication->context, status);
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
