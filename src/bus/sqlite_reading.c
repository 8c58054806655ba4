/* SPDX-License-Identifier: Apache-2.0
 *
 * The embedded log as a command sees it that only reads, beside the process that owns it or
 * without one: no lock, no writer, nothing made. It reads and tells how far a stream reaches; all
 * else is refused.
 */
#include <stdlib.h>
#include <unistd.h>

#include "bus/journal.h"
#include "bus/sqlite.h"

struct bus_reading {
    struct bus base;
    struct journal_reader reader;
};

static struct journal_reader *reader_of(struct bus *bus)
{
    return &((struct bus_reading *)bus)->reader;
}

static void publish(struct bus *bus, const struct bus_message *message, bus_published *done,
                    void *context)
{
    (void)bus;
    publication_end(&(struct publication){message->stream, done, context}, STATUS_UNAVAILABLE);
}

static enum status flush(struct bus *bus, int64_t wait_us)
{
    (void)bus, (void)wait_us;
    return STATUS_OK;
}

static enum status consumer_open(struct bus *bus, enum stream stream,
                                 struct bus_consumer **consumer)
{
    (void)bus, (void)stream, (void)consumer;
    return STATUS_UNAVAILABLE;
}

static enum status fetch(struct bus_consumer *consumer, struct bus_message messages[], size_t max,
                         int64_t wait_us, size_t *count)
{
    (void)consumer, (void)messages, (void)max, (void)wait_us, (void)count;
    return STATUS_UNAVAILABLE;
}

static enum status settle(struct bus_consumer *consumer, const struct bus_message messages[],
                          const enum outcome outcomes[], size_t count)
{
    (void)consumer, (void)messages, (void)outcomes, (void)count;
    return STATUS_UNAVAILABLE;
}

static void consumer_close(struct bus_consumer *consumer)
{
    (void)consumer;
}

static enum status rewind_group(struct bus *bus, enum stream stream, int64_t since_us)
{
    (void)bus, (void)stream, (void)since_us;
    return STATUS_UNAVAILABLE;
}

static enum status read_messages(struct bus *bus, enum stream stream, uint64_t from_sequence,
                                 struct bus_message messages[], size_t max, size_t *count)
{
    *count = 0;
    uint64_t last;
    enum status status = journal_last(reader_of(bus), stream, &last);
    return status != STATUS_OK ? status
                               : journal_read_messages(reader_of(bus), stream, from_sequence, last,
                                                       messages, max, count);
}

static void read_free(struct bus *bus, struct bus_message messages[], size_t count)
{
    (void)bus;
    journal_messages_free(messages, count);
}

static enum status remove_message(struct bus *bus, enum stream stream, uint64_t sequence)
{
    (void)bus, (void)stream, (void)sequence;
    return STATUS_UNAVAILABLE;
}

static enum status lag(struct bus *bus, enum stream stream, struct bus_lag *lag)
{
    enum status status = journal_last(reader_of(bus), stream, &lag->last_sequence);
    return status == STATUS_OK ? journal_count_after(reader_of(bus), stream, 0, &lag->pending)
                               : status;
}

static enum status health(struct bus *bus, struct health *health)
{
    struct bus_lag unused;
    (void)health;
    return lag(bus, STREAM_DEAD_LETTERS, &unused);
}

static void close_bus(struct bus *bus)
{
    journal_reader_close(reader_of(bus));
    free(bus);
}

static const struct bus_ops ops = {
    .name = "sqlite",
    .publish = publish,
    .flush = flush,
    .consumer_open = consumer_open,
    .tail_open = consumer_open,
    .fetch = fetch,
    .settle = settle,
    .consumer_close = consumer_close,
    .rewind = rewind_group,
    .read = read_messages,
    .read_free = read_free,
    .remove = remove_message,
    .lag = lag,
    .health = health,
    .close = close_bus,
};

enum status bus_sqlite_open_to_read(const char *path, struct bus **out)
{
    if (access(path, F_OK) != 0)
        return STATUS_NOT_FOUND;
    struct bus_reading *bus = calloc(1, sizeof *bus);
    if (bus == NULL)
        return STATUS_INTERNAL;
    bus->base.ops = &ops;
    enum status status = journal_reader_open(&bus->reader, path);
    if (status == STATUS_OK)
        *out = &bus->base;
    else
        free(bus);
    return status;
}
