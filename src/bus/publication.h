/* SPDX-License-Identifier: Apache-2.0
 *
 * What both buses do alike with what is put on them. A message that was given to a bus waits for
 * its confirmation: every publication ends here, so that /metrics counts each exactly once. A
 * message that is rejected becomes a dead letter, of the same name on either.
 */
#ifndef ECS_BUS_PUBLICATION_H
#define ECS_BUS_PUBLICATION_H

#include "ports/bus.h"

struct publication {
    enum stream stream;
    bus_published *done; /* NULL: ended */
    void *context;
};

/* Bytes of all that a message refers to. */
size_t message_size(const struct bus_message *message);
/* Copies to `*end`, which has that much room, and moves it on. A message is copied as it is to be
 * published: without what tells where it stood. */
struct slice slice_copy(struct slice from, char **end);
struct bus_message message_copy(const struct bus_message *message, char **end);

#define LETTER_PREFIX "ecs.dead." /* of the subject of every dead letter */

/* What a dead letter is found by. */
struct letter_name {
    char subject[64];
    char once[96]; /* where its message stood: repeated rejections leave one letter */
};

/* Whether settling the message so leaves a dead letter. */
bool letter_is_due(const struct bus_message *message, enum outcome outcome);
/* The dead letter of a message, whose id it keeps; it refers to both arguments. */
struct bus_message letter_of(const struct bus_message *message, struct letter_name *name);

/* Adds `count` messages to the metrics, as stored or as failed. Safe from any thread. */
void publication_count(enum stream stream, enum status status, size_t count);
/* Counts it and calls `done`. Safe from any thread. */
void publication_end(const struct publication *publication, enum status status);

#endif
