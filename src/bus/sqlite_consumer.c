/* SPDX-License-Identifier: Apache-2.0
 *
 * Consumers of bus_sqlite: the group (group.c) says which sequences, the consumer's own reader
 * brings the rows, so that workers read beside each other and beside the writer.
 */
#include <assert.h>
#include <stdlib.h>

#include "bus/sqlite_internal.h"
#include "process/steady.h"

static void release(struct held *record)
{
    LIST_REMOVE(record, place);
    free(record);
}

static void release_all(struct sqlite_consumer *consumer)
{
    while (!LIST_EMPTY(&consumer->held))
        /* NOLINTNEXTLINE(unix.Malloc): what was freed is in the list no more. */
        release(LIST_FIRST(&consumer->held));
}

/* The first consumer of a stream in this process brings its group to life. */
static enum status group_load(struct bus_sqlite *bus, enum stream stream)
{
    enum status status = STATUS_OK;
    pthread_mutex_lock(&bus->disk);
    const struct journal_stream *row = &bus->writer.committed[stream];
    if (!row->grouped)
        status = bus_sqlite_floor_write(bus, stream, row->floor);
    pthread_mutex_lock(&bus->state);
    if (status == STATUS_OK && bus->groups[stream].slots == NULL)
        status = group_init(&bus->groups[stream],
                            row->floor < row->first - 1 ? row->first - 1 : row->floor);
    pthread_mutex_unlock(&bus->state);
    pthread_mutex_unlock(&bus->disk);
    return status;
}

enum status sqlite_consumer_open(struct bus *base, enum stream stream, bool tail,
                                 struct bus_consumer **out)
{
    struct bus_sqlite *bus = (struct bus_sqlite *)base;
    enum status status = tail ? STATUS_OK : group_load(bus, stream);
    if (status != STATUS_OK)
        return status;
    struct sqlite_consumer *consumer = calloc(1, sizeof *consumer);
    if (consumer == NULL)
        return STATUS_INTERNAL;
    status = journal_reader_open(&consumer->reader, bus->path);
    if (status != STATUS_OK) {
        free(consumer);
        return status;
    }
    consumer->base.bus = base;
    consumer->stream = stream;
    consumer->tail = tail;
    pthread_mutex_lock(&bus->state);
    consumer->owner = ++bus->next_owner;
    consumer->tail_next = bus->last[stream] + 1;
    pthread_mutex_unlock(&bus->state);
    *out = &consumer->base;
    return STATUS_OK;
}

/* What there is to deliver now: sequences into consumer->deliveries. */
static size_t take(struct bus_sqlite *bus, struct sqlite_consumer *consumer, size_t max)
{
    uint64_t last = bus->last[consumer->stream];
    assert(max <= BUS_BATCH_MAX && consumer->tail_next <= last + 1);
    if (!consumer->tail) {
        int64_t now_us = clock_monotonic_us(bus->clock);
        return group_take(&bus->groups[consumer->stream], last, consumer->owner, now_us,
                          now_us + BUS_ACK_WAIT_US, consumer->deliveries, max);
    }
    size_t count = 0;
    while (count < max && consumer->tail_next <= last)
        consumer->deliveries[count++] = (struct group_delivery){consumer->tail_next++, 1};
    return count;
}

/* The earlier of `deadline_us` and the moment when the group has something due. */
static int64_t wake_us(struct bus_sqlite *bus, struct sqlite_consumer *consumer,
                       int64_t deadline_us)
{
    int64_t due_us = consumer->tail ? INT64_MAX : bus->groups[consumer->stream].due_us;
    if (due_us == INT64_MAX)
        return deadline_us;
    int64_t until_us = due_us - clock_monotonic_us(bus->clock);
    int64_t wake = steady_now_us() + (until_us < 1000 ? 1000 : until_us);
    return wake < deadline_us ? wake : deadline_us;
}

static size_t take_wait(struct bus_sqlite *bus, struct sqlite_consumer *consumer, size_t max,
                        int64_t wait_us)
{
    int64_t deadline_us = steady_now_us() + wait_us;
    pthread_mutex_lock(&bus->state);
    size_t count = take(bus, consumer, max);
    while (count == 0 && steady_now_us() < deadline_us) {
        (void)steady_wait(&bus->stored, &bus->state, wake_us(bus, consumer, deadline_us));
        count = take(bus, consumer, max);
    }
    pthread_mutex_unlock(&bus->state);
    return count;
}

/* Reads the rows of deliveries[from, to), whose sequences follow each other. A row that is gone
 * was trimmed: it counts as settled. */
static enum status read_run(struct bus_sqlite *bus, struct sqlite_consumer *consumer, size_t from,
                            size_t to, struct bus_message messages[], size_t *count)
{
    const struct group_delivery *run = &consumer->deliveries[from];
    struct bus_message *next = messages + *count;
    size_t found;
    enum status status = journal_read(&consumer->reader, consumer->stream, run[0].sequence,
                                      run[to - from - 1].sequence, next, to - from, &found);
    *count += found;
    for (size_t i = 0; i < to - from && status == STATUS_OK; i++) {
        if (next == messages + *count || next->sequence != run[i].sequence) {
            pthread_mutex_lock(&bus->state);
            if (!consumer->tail)
                group_done(&bus->groups[consumer->stream], run[i].sequence);
            pthread_mutex_unlock(&bus->state);
            continue;
        }
        struct held *record = next->handle;
        LIST_INSERT_HEAD(&consumer->held, record, place);
        next->deliveries = run[i].deliveries;
        next->stream_created_us = bus->created_us[consumer->stream];
        next++;
    }
    assert(status != STATUS_OK || next == messages + *count); /* each row was one of the run */
    return status;
}

enum status sqlite_consumer_fetch(struct bus_consumer *base, struct bus_message messages[],
                                  size_t max, int64_t wait_us, size_t *count)
{
    struct sqlite_consumer *consumer = (struct sqlite_consumer *)base;
    struct bus_sqlite *bus = (struct bus_sqlite *)base->bus;
    *count = 0;
    if (consumer->tail)
        release_all(consumer);
    size_t taken = take_wait(bus, consumer, max, wait_us);
    enum status status = STATUS_OK;
    assert(taken <= max);
    for (size_t from = 0, to; from < taken; from = to) {
        for (to = from + 1; to < taken; to++)
            if (consumer->deliveries[to].sequence != consumer->deliveries[to - 1].sequence + 1)
                break;
        enum status run = read_run(bus, consumer, from, to, messages, count);
        if (run == STATUS_OK)
            continue;
        status = run;
        pthread_mutex_lock(&bus->state);
        for (size_t i = from; i < to && !consumer->tail; i++)
            group_again(&bus->groups[consumer->stream], consumer->deliveries[i].sequence,
                        consumer->owner, clock_monotonic_us(bus->clock) + BUS_RETRY_DELAY_US);
        pthread_mutex_unlock(&bus->state);
    }
    return *count > 0 ? STATUS_OK : status;
}

/* Stores the rejected messages that have a reason in the dead letters, all or none. */
static enum status bury_all(struct bus_sqlite *bus, const struct bus_message messages[],
                            const enum outcome outcomes[], size_t count)
{
    size_t dead_count = 0;
    for (size_t i = 0; i < count; i++)
        dead_count += letter_is_due(&messages[i], outcomes[i]);
    if (dead_count == 0)
        return STATUS_OK;
    struct letter *letters = calloc(dead_count, sizeof *letters), *next = letters;
    if (letters == NULL)
        return STATUS_INTERNAL;
    for (size_t i = 0; i < count; i++)
        if (letter_is_due(&messages[i], outcomes[i]))
            letter_write(next++, &messages[i]);
    assert(next == letters + dead_count);
    enum status status = bus_sqlite_letters_store(bus, letters, dead_count);
    publication_count(STREAM_DEAD_LETTERS, status, dead_count);
    free(letters);
    return status;
}

enum status sqlite_consumer_settle(struct bus_consumer *base, const struct bus_message messages[],
                                   const enum outcome outcomes[], size_t count)
{
    struct sqlite_consumer *consumer = (struct sqlite_consumer *)base;
    struct bus_sqlite *bus = (struct bus_sqlite *)base->bus;
    if (consumer->tail)
        return STATUS_OK;
    enum status status = bury_all(bus, messages, outcomes, count);
    pthread_mutex_lock(&bus->state);
    struct group *group = &bus->groups[consumer->stream];
    int64_t again_us = clock_monotonic_us(bus->clock) + BUS_RETRY_DELAY_US;
    for (size_t i = 0; i < count; i++) {
        assert(messages[i].stream == consumer->stream);
        bool lost = letter_is_due(&messages[i], outcomes[i]) && status != STATUS_OK;
        if (outcomes[i] == OUTCOME_RETRY || lost)
            group_again(group, messages[i].sequence, consumer->owner, again_us);
        else
            group_done(group, messages[i].sequence);
    }
    bus->settled = true;
    pthread_mutex_unlock(&bus->state);
    for (size_t i = 0; i < count; i++)
        release(messages[i].handle);
    return status;
}

void sqlite_consumer_close(struct bus_consumer *base)
{
    struct sqlite_consumer *consumer = (struct sqlite_consumer *)base;
    struct bus_sqlite *bus = (struct bus_sqlite *)base->bus;
    release_all(consumer);
    pthread_mutex_lock(&bus->state);
    if (!consumer->tail)
        group_release(&bus->groups[consumer->stream], consumer->owner,
                      clock_monotonic_us(bus->clock));
    pthread_cond_broadcast(&bus->stored);
    pthread_mutex_unlock(&bus->state);
    journal_reader_close(&consumer->reader);
    free(consumer);
}
