/* SPDX-License-Identifier: Apache-2.0
 *
 * What both buses do alike. A message that was given to a bus waits for its confirmation: every
 * publication ends here, so that /metrics counts each exactly once. What was fetched is held until
 * it is settled. A message that is rejected becomes a dead letter, of the same name on either.
 */
#ifndef ECS_BUS_PUBLICATION_H
#define ECS_BUS_PUBLICATION_H

#include <sys/queue.h>

#include "ports/bus.h"

struct publication {
    enum stream stream;
    bus_published *done; /* NULL: ended */
    void *context;
};

/* A message that waits for its bus, in one piece of memory with what it refers to. */
struct outgoing {
    struct outgoing *next; /* of whoever queues it */
    struct publication publication;
    struct bus_message message; /* without what tells where it stood */
    struct slice once;          /* it is stored once by this; empty: always */
    size_t size;                /* bytes of all of it */
    enum status status;         /* how storing it went */
};

/* A message that was fetched and is not settled: the first member of what a bus keeps of it, in the
 * list of its consumer. */
struct held {
    LIST_ENTRY(held) place;
};
LIST_HEAD(held_list, held);

#define LETTER_PREFIX "ecs.dead." /* of the subject of every dead letter */

/* The dead letter of a message, whose id it keeps and to whose bytes it refers. */
struct letter {
    struct bus_message message;
    char subject[64];
    char once[96]; /* where its message stood: repeated rejections leave one letter */
};

/* Adds `count` messages to the metrics, as stored or as failed. Safe from any thread, as are the
 * next two. */
void publication_count(enum stream stream, enum status status, size_t count);
/* Counts it and calls `done`. */
void publication_end(const struct publication *publication, enum status status);

/* Copies a message that was given to the bus. NULL: it has ended, as it is too large or memory is
 * out. */
struct outgoing *outgoing_create(const struct bus_message *message, struct slice once,
                                 bus_published *done, void *context);
/* Ends its publication, and frees it. */
void outgoing_end(struct outgoing *outgoing, enum status status);

/* Whether settling the message so leaves a dead letter. */
bool letter_is_due(const struct bus_message *message, enum outcome outcome);
void letter_write(struct letter *letter, const struct bus_message *message);

#endif
