/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/outbox.h"

#include <assert.h>
#include <stdatomic.h>

#include "process/metrics.h"
#include "roles/message_span.h"

enum { CONFIRM_WAIT_US = 10000 };

enum confirmation { WAITING, PUBLISHED, FAILED };

static void confirm(void *context, enum status status)
{
    _Atomic int *confirmation = context;
    int before = atomic_exchange(confirmation, status == STATUS_OK ? PUBLISHED : FAILED);
    assert(before == WAITING); /* the bus tells once what became of a message */
}

static void publish(struct role_context *context, const struct outbox_row *row, struct span *span,
                    _Atomic int *confirmation)
{
    char message_id[HASH_TEXT_SIZE];
    /* Of id and content, because a database made anew numbers its rows anew. */
    const struct slice parts[] = {{(const char *)&row->id, sizeof row->id},
                                  slice_of(row->request_id),
                                  slice_of(row->payload)};
    struct hash id = hash_of(parts, 3);
    hash_format(&id, message_id);
    struct bus_message message = {
        .stream = row->stream,
        .payload = slice_of(row->payload),
        .message_id = slice_of(message_id),
        .request_id = slice_of(row->request_id),
        .traceparent = slice_of(row->traceparent),
    };
    message_span_begin(span, context, SPAN_PRODUCER, &message);
    message.traceparent = slice_of(span->traceparent);
    bus_publish(context->bus, &message, confirm, confirmation);
}

/* The bus confirms every message or gives it up, so this ends. It drives the bus meanwhile, for
 * there may be no other thread that does. */
static enum status publish_all(struct role_context *context, size_t count,
                               _Atomic int confirmations[])
{
    struct outbox_batch *batch = context->scratch;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        atomic_init(&confirmations[i], WAITING);
        publish(context, &batch->rows[i], &batch->spans[i], &confirmations[i]);
    }
    for (size_t i = 0; i < count;) {
        if (atomic_load(&confirmations[i]) == WAITING) {
            enum status flushed = bus_flush(context->bus, CONFIRM_WAIT_US);
            status = flushed != STATUS_OK ? flushed : status;
        } else {
            bool failed = atomic_load(&confirmations[i]) == FAILED;
            message_span_end(&batch->spans[i++], context, failed);
        }
    }
    return status;
}

enum status outbox_relay(struct role_context *context)
{
    struct outbox_batch *batch = context->scratch;
    _Atomic int confirmations[OUTBOX_BATCH_MAX];
    size_t count;
    do {
        enum status status = store_outbox_claim(context->store, clock_now_us(context->clock),
                                                batch->rows, OUTBOX_BATCH_MAX, &count);
        if (status != STATUS_OK || count == 0)
            return status;
        assert(count <= OUTBOX_BATCH_MAX);
        status = publish_all(context, count, confirmations);
        size_t published = 0;
        for (size_t i = 0; i < count; i++)
            if (atomic_load(&confirmations[i]) == PUBLISHED)
                batch->published[published++] = batch->rows[i].id;
        assert(published <= count);
        metric_add(METRIC_outbox_published, LABEL_NONE, (int64_t)published);
        enum status done = store_outbox_done(context->store, batch->published, published);
        if (done != STATUS_OK || published < count)
            return done != STATUS_OK ? done : status != STATUS_OK ? status : STATUS_UNAVAILABLE;
    } while (count == OUTBOX_BATCH_MAX);
    return STATUS_OK;
}

static bool copy(char *to, size_t size, struct slice from)
{
    if (from.size >= size)
        return false;
    slice_text(from, to, size);
    return true;
}

enum status outbox_row_make(struct outbox_row *row, enum stream stream, struct slice request_id,
                            struct slice traceparent, const struct buf *payload)
{
    *row = (struct outbox_row){.stream = stream};
    bool fits = !payload->overflowed && copy(row->request_id, sizeof row->request_id, request_id) &&
                copy(row->traceparent, sizeof row->traceparent, traceparent) &&
                copy(row->payload, sizeof row->payload, buf_slice(payload));
    return fits ? STATUS_OK : STATUS_INTERNAL;
}
