/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of bus_sqlite share. Two locks, taken in this order:
 *   disk   the writer and its transactions, the shared reader
 *   state  the queue, the groups, what is stored; never held during I/O
 */
#ifndef ECS_BUS_SQLITE_INTERNAL_H
#define ECS_BUS_SQLITE_INTERNAL_H

#include <pthread.h>

#include "bus/group.h"
#include "bus/journal.h"
#include "ports/clock.h"

struct bus_sqlite {
    struct bus base;
    struct clock *clock;
    int lock_file; /* -1: it is not locked */

    pthread_mutex_t disk;
    struct journal_writer writer;
    struct journal_reader reader;
    int64_t trimmed_us;

    pthread_mutex_t state;
    pthread_cond_t to_write; /* the queue is not empty */
    pthread_cond_t stored;   /* messages were stored or are due again */
    struct outgoing *queue_first, **queue_end;
    size_t queue_count;
    size_t queue_bytes;
    int64_t created_us[STREAM_COUNT];  /* never changes */
    uint64_t last[STREAM_COUNT];       /* stored up to here */
    struct group groups[STREAM_COUNT]; /* slots NULL: no consumer in this process yet */
    bool settled;                      /* a floor is not on disk yet */
    int64_t settled_written_us;
    uint32_t next_owner;
    char path[];
};

struct sqlite_consumer {
    struct bus_consumer base;
    enum stream stream;
    bool tail;
    uint64_t tail_next;
    uint32_t owner;
    struct journal_reader reader;
    struct held_list held; /* its records; of a tail: until the next fetch */
    struct group_delivery deliveries[BUS_BATCH_MAX];
};

/* Stores letters at once, all or none, in a transaction of their own. */
MUST_CHECK enum status bus_sqlite_letters_store(struct bus_sqlite *bus,
                                                const struct letter letters[], size_t count);
/* Writes the floor of a group and that there is one. */
MUST_CHECK enum status bus_sqlite_floor_write(struct bus_sqlite *bus, enum stream stream,
                                              uint64_t floor);

MUST_CHECK enum status sqlite_consumer_open(struct bus *bus, enum stream stream, bool tail,
                                            struct bus_consumer **consumer);
MUST_CHECK enum status sqlite_consumer_fetch(struct bus_consumer *consumer,
                                             struct bus_message messages[], size_t max,
                                             int64_t wait_us, size_t *count);
MUST_CHECK enum status sqlite_consumer_settle(struct bus_consumer *consumer,
                                              const struct bus_message messages[],
                                              const enum outcome outcomes[], size_t count);
void sqlite_consumer_close(struct bus_consumer *consumer);

#endif
