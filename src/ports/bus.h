/* SPDX-License-Identifier: Apache-2.0
 *
 * Port: durable streams (domain/event.def), at least once. Adapters: bus_sqlite (a log in this
 * process), bus_nats (JetStream).
 *
 * A bus handle may be used by any thread. A consumer handle is used by one thread at a time; any
 * number of consumers, in any number of processes, compete for the messages of one stream.
 */
#ifndef ECS_PORTS_BUS_H
#define ECS_PORTS_BUS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/status.h"
#include "domain/event.h"
#include "limits.h"
#include "ports/health.h"

struct bus;
struct bus_consumer;

/* A message. To publish: stream, payload and the headers; the bus copies what it needs before
 * publish returns. As delivered: all of it; slices stay valid until the message is settled. */
struct bus_message {
    enum stream stream;
    struct slice subject; /* as published; empty when publishing: the stream's own */
    struct slice payload;
    struct slice message_id; /* the bus stores a message id once within its duplicate window */
    struct slice request_id; /* X-Request-ID, travels with the message; so does the next */
    struct slice traceparent;
    struct slice producer; /* who says that it published this (base/text.h); empty: nameless */
    struct slice reason;   /* dead letters only: why; then `subject` is ecs.dead.<stream name> */
    uint64_t sequence;
    int64_t stream_created_us;
    int64_t published_us;
    int deliveries; /* at least 1; a hint, for a server may count a repeated one as the first */
    void *handle;   /* the adapter's; settle needs it */
};

/* OK: stored, to the durability that the deployment states. UNAVAILABLE: unknown or not stored;
 * publishing it again with the same message id is safe. Called exactly once, possibly on another
 * thread, possibly before bus_publish returns; it must not block. */
typedef void bus_published(void *context, enum status status);

struct bus_lag {
    uint64_t pending; /* stored and not yet processed */
    uint64_t last_sequence;
};

struct bus_ops {
    const char *name;
    void (*publish)(struct bus *bus, const struct bus_message *message, bus_published *done,
                    void *context);
    enum status (*flush)(struct bus *bus, int64_t wait_us);
    enum status (*consumer_open)(struct bus *bus, enum stream stream, bool tail,
                                 struct bus_consumer **consumer);
    enum status (*fetch)(struct bus_consumer *consumer, struct bus_message messages[], size_t max,
                         int64_t wait_us, size_t *count);
    enum status (*settle)(struct bus_consumer *consumer, const struct bus_message messages[],
                          const enum outcome outcomes[], size_t count);
    void (*consumer_close)(struct bus_consumer *consumer);
    enum status (*rewind)(struct bus *bus, enum stream stream, int64_t since_us);
    enum status (*read)(struct bus *bus, enum stream stream, uint64_t from_sequence,
                        struct bus_message messages[], size_t max, size_t *count);
    void (*read_free)(struct bus *bus, struct bus_message messages[], size_t count);
    enum status (*remove)(struct bus *bus, enum stream stream, uint64_t sequence);
    enum status (*lag)(struct bus *bus, enum stream stream, struct bus_lag *lag);
    enum status (*health)(struct bus *bus, struct health *health);
    void (*close)(struct bus *bus);
};

struct bus {
    const struct bus_ops *ops;
};

struct bus_consumer {
    struct bus *bus;
};

/* Never blocks: where BUS_WINDOW_MAX messages wait, or BUS_QUEUE_BYTES_MAX, it calls `done` with
 * UNAVAILABLE. */
static inline void bus_publish(struct bus *bus, const struct bus_message *message,
                               bus_published *done, void *context)
{
    assert(message->stream < STREAM_COUNT);
    bus->ops->publish(bus, message, done, context);
}

/* Does the bus's own work: makes queued messages durable and calls their `done`. A runner thread
 * calls it in a loop, a single-threaded test after its steps. Waits up to `wait_us` for work;
 * returns when some was done or the time is over. */
MUST_CHECK static inline enum status bus_flush(struct bus *bus, int64_t wait_us)
{
    return bus->ops->flush(bus, wait_us);
}

/* The stream's one durable consumer group. */
MUST_CHECK static inline enum status bus_consumer_open(struct bus *bus, enum stream stream,
                                                       struct bus_consumer **consumer)
{
    return bus->ops->consumer_open(bus, stream, false, consumer);
}

/* A private view of messages stored from now on; nothing to settle, may miss some across a
 * reconnect: a wake-up, not a record. */
MUST_CHECK static inline enum status bus_tail_open(struct bus *bus, enum stream stream,
                                                   struct bus_consumer **consumer)
{
    return bus->ops->consumer_open(bus, stream, true, consumer);
}

/* Up to `max` (at most BUS_BATCH_MAX) messages; waits up to `wait_us` for the first one. OK with
 * count 0 when none came. */
MUST_CHECK static inline enum status bus_fetch(struct bus_consumer *consumer,
                                               struct bus_message messages[], size_t max,
                                               int64_t wait_us, size_t *count)
{
    assert(max <= BUS_BATCH_MAX);
    enum status status = consumer->bus->ops->fetch(consumer, messages, max, wait_us, count);
    assert(status != STATUS_OK || *count <= BUS_BATCH_MAX);
    return status;
}

/* Ends the delivery of each message by its outcome and frees it. DONE: acknowledged. RETRY:
 * delivered again after BUS_RETRY_DELAY_US. REJECT: ended; when `messages[i].reason` is set it is
 * first stored in the dead letters with that reason, and if that fails the message is delivered
 * again. A message that is not settled within BUS_ACK_WAIT_US is delivered again. */
MUST_CHECK static inline enum status bus_settle(struct bus_consumer *consumer,
                                                const struct bus_message messages[],
                                                const enum outcome outcomes[], size_t count)
{
    assert(count <= BUS_BATCH_MAX);
    return consumer->bus->ops->settle(consumer, messages, outcomes, count);
}

/* How many of these messages will not come again. */
static inline size_t bus_ended(const enum outcome outcomes[], size_t count)
{
    size_t ended = 0;
    for (size_t i = 0; i < count; i++)
        ended += outcomes[i] != OUTCOME_RETRY;
    return ended;
}

/* Closes the view; what it fetched and did not settle is delivered again. */
static inline void bus_consumer_close(struct bus_consumer *consumer)
{
    consumer->bus->ops->consumer_close(consumer);
}

/* The consumer group consumes again everything stored at or after `since_us`. Safe at any time:
 * event keys make repeated events count once. */
MUST_CHECK static inline enum status bus_rewind(struct bus *bus, enum stream stream,
                                                int64_t since_us)
{
    return bus->ops->rewind(bus, stream, since_us);
}

/* Reads without consuming, from a sequence on. Free what was read. */
MUST_CHECK static inline enum status bus_read(struct bus *bus, enum stream stream,
                                              uint64_t from_sequence, struct bus_message messages[],
                                              size_t max, size_t *count)
{
    enum status status = bus->ops->read(bus, stream, from_sequence, messages, max, count);
    assert(status != STATUS_OK || *count <= max);
    return status;
}

static inline void bus_read_free(struct bus *bus, struct bus_message messages[], size_t count)
{
    bus->ops->read_free(bus, messages, count);
}

/* Dead letters only: takes one out, once it has been put back. */
MUST_CHECK static inline enum status bus_remove(struct bus *bus, enum stream stream,
                                                uint64_t sequence)
{
    assert(stream == STREAM_DEAD_LETTERS);
    return bus->ops->remove(bus, stream, sequence);
}

MUST_CHECK static inline enum status bus_lag(struct bus *bus, enum stream stream,
                                             struct bus_lag *lag)
{
    return bus->ops->lag(bus, stream, lag);
}

/* OK: it takes messages. UNAVAILABLE: it does not, or soon will not. Both fill `health`,
 * which begins zeroed but for owed_since_us. */
MUST_CHECK static inline enum status bus_health(struct bus *bus, struct health *health)
{
    return bus->ops->health(bus, health);
}

static inline void bus_close(struct bus *bus)
{
    bus->ops->close(bus);
}

#endif
