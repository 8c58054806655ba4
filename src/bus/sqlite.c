/* SPDX-License-Identifier: Apache-2.0
 *
 * Published messages → a bounded queue → one transaction per flush → `done` of each. While one
 * transaction is being synced the next messages queue up, so the batches find their own size.
 *
 * How far a group has settled is written with the next transaction, at the latest after
 * FLOOR_DELAY_US: after a crash the messages since then are delivered again, which is harmless.
 */
#include "bus/sqlite.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bus/sqlite_internal.h"
#include "process/file.h"
#include "process/log.h"
#include "process/steady.h"
#include "store/sqlite_file.h"

enum { FLOOR_DELAY_US = 200000, TRIM_PERIOD_US = 1000000 };

/* With the state's lock: the queue's end and its counts agree with its beginning. */
static bool queue_is_sane(const struct bus_sqlite *bus)
{
    bool empty = bus->queue_first == NULL;
    return (bus->queue_end == &bus->queue_first) == empty && (bus->queue_count == 0) == empty &&
           (bus->queue_bytes == 0) == empty && *bus->queue_end == NULL &&
           bus->queue_count <= BUS_WINDOW_MAX && bus->queue_bytes <= (size_t)BUS_QUEUE_BYTES_MAX;
}

static void publish(struct bus *base, const struct bus_message *message, bus_published *done,
                    void *context)
{
    struct bus_sqlite *bus = (struct bus_sqlite *)base;
    struct outgoing *outgoing = outgoing_create(message, message->message_id, done, context);
    if (outgoing == NULL)
        return;
    pthread_mutex_lock(&bus->state);
    bool room = bus->queue_count < BUS_WINDOW_MAX &&
                bus->queue_bytes + outgoing->size <= (size_t)BUS_QUEUE_BYTES_MAX;
    if (room) {
        *bus->queue_end = outgoing;
        bus->queue_end = &outgoing->next;
        bus->queue_count++;
        bus->queue_bytes += outgoing->size;
        assert(queue_is_sane(bus));
        pthread_cond_signal(&bus->to_write);
    }
    pthread_mutex_unlock(&bus->state);
    if (!room)
        outgoing_end(outgoing, STATUS_UNAVAILABLE);
}

/* Takes the whole queue. */
static struct outgoing *queue_take(struct bus_sqlite *bus)
{
    struct outgoing *first = bus->queue_first;
    assert(queue_is_sane(bus));
    bus->queue_first = NULL;
    bus->queue_end = &bus->queue_first;
    bus->queue_count = 0;
    bus->queue_bytes = 0;
    return first;
}

/* Within a transaction: the rows of all streams that messages or settling have changed. */
static enum status write_streams(struct bus_sqlite *bus)
{
    for (int stream = 0; stream < STREAM_COUNT; stream++) {
        struct journal_stream row = bus->writer.streams[stream];
        pthread_mutex_lock(&bus->state);
        if (bus->groups[stream].slots != NULL)
            row.floor = bus->groups[stream].floor;
        pthread_mutex_unlock(&bus->state);
        const struct journal_stream *committed = &bus->writer.committed[stream];
        if (row.last == committed->last && row.floor == committed->floor)
            continue;
        enum status status = journal_stream_write(&bus->writer, (enum stream)stream, &row);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* After a commit: tells the groups what is stored and what is gone. */
static void show_streams(struct bus_sqlite *bus)
{
    pthread_mutex_lock(&bus->state);
    for (int stream = 0; stream < STREAM_COUNT; stream++) {
        assert(bus->last[stream] <= bus->writer.committed[stream].last);
        bus->last[stream] = bus->writer.committed[stream].last;
        if (bus->groups[stream].slots != NULL)
            group_trim(&bus->groups[stream], bus->writer.committed[stream].first);
    }
    pthread_cond_broadcast(&bus->stored);
    pthread_mutex_unlock(&bus->state);
}

/* A message that cannot be written ends the transaction: SQLite may have rolled back by itself. */
static enum status write_queued(struct bus_sqlite *bus, struct outgoing *first)
{
    enum status status = STATUS_OK;
    bool full = first != NULL && journal_full(&bus->writer);
    int64_t now_us = clock_now_us(bus->clock);
    for (struct outgoing *at = first; at != NULL && status == STATUS_OK && !full; at = at->next)
        status = at->status = journal_append(&bus->writer, &at->message, at->once, now_us);
    if (full)
        log_seldom(LOG_WARN, "", "bus log is full", LOG_INTEGER("bytes_max", BUS_STREAM_BYTES_MAX));
    return status;
}

static enum status write_all(struct bus_sqlite *bus, struct outgoing *first)
{
    enum status status = journal_begin(&bus->writer);
    if (status == STATUS_OK)
        status = write_queued(bus, first);
    int64_t now_us = clock_monotonic_us(bus->clock);
    if (status == STATUS_OK && now_us - bus->trimmed_us >= TRIM_PERIOD_US) {
        bus->trimmed_us = now_us;
        status = journal_trim(&bus->writer, clock_now_us(bus->clock));
    }
    if (status == STATUS_OK)
        status = write_streams(bus);
    return journal_finish(&bus->writer, status);
}

static void finish(struct outgoing *first, enum status status)
{
    for (struct outgoing *next; first != NULL; first = next) {
        next = first->next;
        outgoing_end(first, status == STATUS_OK ? first->status : STATUS_UNAVAILABLE);
    }
}

static enum status flush(struct bus *base, int64_t wait_us)
{
    struct bus_sqlite *bus = (struct bus_sqlite *)base;
    int64_t deadline_us = steady_now_us() + wait_us;
    pthread_mutex_lock(&bus->state);
    while (bus->queue_first == NULL && steady_now_us() < deadline_us)
        (void)steady_wait(&bus->to_write, &bus->state, deadline_us);
    struct outgoing *first = queue_take(bus);
    int64_t now_us = steady_now_us();
    bool floors = bus->settled && now_us - bus->settled_written_us >= FLOOR_DELAY_US;
    if (first != NULL || floors) {
        bus->settled = false;
        bus->settled_written_us = now_us;
    }
    pthread_mutex_unlock(&bus->state);

    pthread_mutex_lock(&bus->disk);
    bool trim = clock_monotonic_us(bus->clock) - bus->trimmed_us >= TRIM_PERIOD_US;
    enum status status = STATUS_OK;
    if (first != NULL || floors || trim) {
        status = write_all(bus, first);
        if (status == STATUS_OK)
            show_streams(bus);
    }
    pthread_mutex_unlock(&bus->disk);
    if (status != STATUS_OK) { /* what was settled is still to be written */
        pthread_mutex_lock(&bus->state);
        bus->settled = true;
        pthread_mutex_unlock(&bus->state);
    }
    finish(first, status);
    return status;
}

enum status bus_sqlite_letters_store(struct bus_sqlite *bus, const struct letter letters[],
                                     size_t count)
{
    pthread_mutex_lock(&bus->disk);
    int64_t now_us = clock_now_us(bus->clock);
    enum status status = journal_begin(&bus->writer);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status =
            journal_append(&bus->writer, &letters[i].message, slice_of(letters[i].once), now_us);
    if (status == STATUS_OK)
        status = write_streams(bus);
    status = journal_finish(&bus->writer, status);
    if (status == STATUS_OK)
        show_streams(bus);
    pthread_mutex_unlock(&bus->disk);
    return status;
}

enum status bus_sqlite_floor_write(struct bus_sqlite *bus, enum stream stream, uint64_t floor)
{
    struct journal_stream row = bus->writer.streams[stream];
    row.floor = floor;
    row.grouped = true;
    enum status status = journal_begin(&bus->writer);
    if (status == STATUS_OK)
        status = journal_stream_write(&bus->writer, stream, &row);
    return journal_finish(&bus->writer, status);
}

static enum status rewind_group(struct bus *base, enum stream stream, int64_t since_us)
{
    struct bus_sqlite *bus = (struct bus_sqlite *)base;
    pthread_mutex_lock(&bus->disk);
    const struct journal_stream *row = &bus->writer.committed[stream];
    uint64_t sequence = 0;
    enum status status =
        journal_sequence_since(&bus->reader, stream, since_us, row->last, &sequence);
    if (!row->grouped) { /* nobody has consumed anything */
        pthread_mutex_unlock(&bus->disk);
        return status;
    }
    /* What was not settled yet stays to be done, however old it is. */
    pthread_mutex_lock(&bus->state);
    struct group *group = &bus->groups[stream];
    uint64_t floor = group->slots != NULL ? group->floor : row->floor;
    if (sequence > 0 && sequence - 1 < floor)
        floor = sequence - 1;
    assert(floor <= row->last);
    pthread_mutex_unlock(&bus->state);
    if (status == STATUS_OK)
        status = bus_sqlite_floor_write(bus, stream, floor);
    if (status == STATUS_OK) {
        pthread_mutex_lock(&bus->state);
        if (group->slots != NULL)
            group_rewind(group, floor);
        pthread_cond_broadcast(&bus->stored);
        pthread_mutex_unlock(&bus->state);
    }
    pthread_mutex_unlock(&bus->disk);
    return status;
}

static enum status read_messages(struct bus *base, enum stream stream, uint64_t from_sequence,
                                 struct bus_message messages[], size_t max, size_t *count)
{
    struct bus_sqlite *bus = (struct bus_sqlite *)base;
    pthread_mutex_lock(&bus->disk);
    enum status status = journal_read(&bus->reader, stream, from_sequence,
                                      bus->writer.committed[stream].last, messages, max, count);
    pthread_mutex_unlock(&bus->disk);
    for (size_t i = 0; i < *count; i++)
        messages[i].stream_created_us = bus->created_us[stream];
    return status;
}

static void read_free(struct bus *base, struct bus_message messages[], size_t count)
{
    (void)base;
    journal_messages_free(messages, count);
}

static enum status remove_message(struct bus *base, enum stream stream, uint64_t sequence)
{
    struct bus_sqlite *bus = (struct bus_sqlite *)base;
    pthread_mutex_lock(&bus->disk);
    enum status status = journal_remove(&bus->writer, stream, sequence);
    pthread_mutex_unlock(&bus->disk);
    return status;
}

static enum status lag(struct bus *base, enum stream stream, struct bus_lag *lag)
{
    struct bus_sqlite *bus = (struct bus_sqlite *)base;
    enum status status = STATUS_OK;
    pthread_mutex_lock(&bus->disk);
    const struct journal_stream *row = &bus->writer.committed[stream];
    pthread_mutex_lock(&bus->state);
    const struct group *group = &bus->groups[stream];
    uint64_t floor = group->slots != NULL ? group->floor : row->floor;
    if (floor < row->first - 1)
        floor = row->first - 1;
    assert(floor <= row->last && group->done_beyond <= row->last - floor);
    lag->last_sequence = row->last;
    lag->pending = row->last - floor - (group->slots != NULL ? group->done_beyond : 0);
    pthread_mutex_unlock(&bus->state);
    if (stream == STREAM_DEAD_LETTERS) /* the only one with gaps */
        status = journal_count_after(&bus->reader, stream, floor, &lag->pending);
    pthread_mutex_unlock(&bus->disk);
    return status;
}

static enum status health(struct bus *base, struct health *health)
{
    struct bus_sqlite *bus = (struct bus_sqlite *)base;
    uint64_t count;
    enum status status = sqlite_file_health(bus->path, health);
    if (status != STATUS_OK)
        return status;
    pthread_mutex_lock(&bus->disk);
    if (journal_full(&bus->writer)) {
        health->cause = "the log has reached its largest size";
        status = STATUS_UNAVAILABLE;
    } else {
        status = journal_count_after(&bus->reader, STREAM_DEAD_LETTERS,
                                     bus->writer.committed[STREAM_DEAD_LETTERS].last, &count);
    }
    pthread_mutex_unlock(&bus->disk);
    return status;
}

static void bus_free(struct bus_sqlite *bus)
{
    for (int stream = 0; stream < STREAM_COUNT; stream++)
        group_free(&bus->groups[stream]);
    journal_reader_close(&bus->reader);
    journal_writer_close(&bus->writer);
    pthread_cond_destroy(&bus->stored);
    pthread_cond_destroy(&bus->to_write);
    pthread_mutex_destroy(&bus->state);
    pthread_mutex_destroy(&bus->disk);
    if (bus->lock_file >= 0)
        close(bus->lock_file);
    free(bus);
}

static void close_bus(struct bus *base)
{
    struct bus_sqlite *bus = (struct bus_sqlite *)base;
    struct outgoing *first = queue_take(bus);
    finish(first, write_all(bus, first));
    bus_free(bus);
}

static const struct bus_ops ops = {
    .name = "sqlite",
    .publish = publish,
    .flush = flush,
    .consumer_open = sqlite_consumer_open,
    .fetch = sqlite_consumer_fetch,
    .settle = sqlite_consumer_settle,
    .consumer_close = sqlite_consumer_close,
    .rewind = rewind_group,
    .read = read_messages,
    .read_free = read_free,
    .remove = remove_message,
    .lag = lag,
    .health = health,
    .close = close_bus,
};

enum status bus_sqlite_open(const char *path, struct clock *clock, struct bus **out,
                            char reason[REASON_MAX + 1])
{
    size_t path_size = strlen(path) + 1;
    struct bus_sqlite *bus = calloc(1, sizeof *bus + path_size);
    reason[0] = '\0';
    if (bus == NULL)
        return STATUS_INTERNAL;
    bus->base.ops = &ops;
    bus->clock = clock;
    bus->queue_end = &bus->queue_first;
    bus->trimmed_us = clock_monotonic_us(clock);
    bus->lock_file = -1;
    memcpy(bus->path, path, path_size);
    steady_condition_init(&bus->to_write);
    steady_condition_init(&bus->stored);
    pthread_mutex_init(&bus->state, NULL);
    pthread_mutex_init(&bus->disk, NULL);
    enum status status = sqlite_file_lock(path, &bus->lock_file, reason);
    if (status == STATUS_OK) {
        file_make_database_private(path);
        status = journal_writer_open(&bus->writer, path, clock_now_us(clock), reason);
    }
    if (status == STATUS_OK)
        status = journal_reader_open(&bus->reader, path);
    if (status != STATUS_OK) {
        bus_free(bus);
        return status;
    }
    for (int stream = 0; stream < STREAM_COUNT; stream++) {
        bus->created_us[stream] = bus->writer.committed[stream].created_us;
        bus->last[stream] = bus->writer.committed[stream].last;
    }
    *out = &bus->base;
    return STATUS_OK;
}

/* The log as a command sees it that only reads, beside the process that owns it or without one: no
 * lock, no writer, nothing made. */
struct bus_reading {
    struct bus base;
    struct journal_reader reader;
};

static struct journal_reader *reader_of(struct bus *bus)
{
    return &((struct bus_reading *)bus)->reader;
}

static enum status reading_read(struct bus *bus, enum stream stream, uint64_t from_sequence,
                                struct bus_message messages[], size_t max, size_t *count)
{
    *count = 0;
    uint64_t last;
    enum status status = journal_last(reader_of(bus), stream, &last);
    return status != STATUS_OK
               ? status
               : journal_read(reader_of(bus), stream, from_sequence, last, messages, max, count);
}

static enum status reading_lag(struct bus *bus, enum stream stream, struct bus_lag *lag)
{
    enum status status = journal_last(reader_of(bus), stream, &lag->last_sequence);
    return status == STATUS_OK ? journal_count_after(reader_of(bus), stream, 0, &lag->pending)
                               : status;
}

static void reading_close(struct bus *bus)
{
    journal_reader_close(reader_of(bus));
    free(bus);
}

/* Nobody who only reads makes another call. */
static const struct bus_ops reading_ops = {
    .name = "sqlite",
    .read = reading_read,
    .read_free = read_free,
    .lag = reading_lag,
    .close = reading_close,
};

enum status bus_sqlite_open_to_read(const char *path, struct bus **out, char reason[REASON_MAX + 1])
{
    enum status status = sqlite_file_check(path, reason);
    if (status != STATUS_OK)
        return status;
    struct bus_reading *bus = calloc(1, sizeof *bus);
    if (bus == NULL)
        return STATUS_INTERNAL;
    bus->base.ops = &reading_ops;
    status = journal_reader_open(&bus->reader, path);
    if (status == STATUS_OK)
        *out = &bus->base;
    else
        free(bus);
    return status;
}
