/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of bus_nats share.
 *   bus_nats.c           the connection, publishing
 *   bus_nats_window.c    publications not yet confirmed
 *   bus_nats_message.c   bus_message ↔ natsMsg, headers
 *   bus_nats_admin.c     streams and durable consumers: JetStream's JSON calls
 *   bus_nats_consumer.c  pulling, settling, tails
 */
#ifndef ECS_ADAPTERS_BUS_NATS_INTERNAL_H
#define ECS_ADAPTERS_BUS_NATS_INTERNAL_H

#include <jansson.h>
#include <nats/nats.h>
#include <pthread.h>
#include <stdatomic.h>

#include "adapters/bus_nats_window.h"

#define NATS_CONSUMER "processor" /* the one durable consumer of a stream */
#define NATS_DEAD_PREFIX "ecs.dead."
enum {
    NATS_REQUEST_MS = 2000,
    NATS_USER_MAX = 32,
    NATS_INBOX_SIZE = 64,
    NATS_SUBJECT_MAX = 255,
    NATS_NAMES_SIZE = 72
};

struct nats_consumer;

struct bus_nats {
    struct bus base;
    natsConnection *connection;
    natsSubscription *confirmations;
    char inboxes[NATS_USER_MAX + 9]; /* what all inboxes begin with: _INBOX or _INBOX.USER */
    char inbox[NATS_INBOX_SIZE];     /* confirmations come to <inbox>.<serial> */
    struct window window;
    atomic_bool connected;              /* as libnats told last; so is the next */
    atomic_bool closed;                 /* for good */
    int replicas;                       /* of each stream, at least */
    atomic_uint epoch;                  /* one more at each connection; 0: there was none yet */
    atomic_uint prepared[STREAM_COUNT]; /* the epoch in which it was found or made; 0: look again */
    bool in_memory;                     /* streams may be kept in memory */
    atomic_bool refused;                /* one is, and may not */
    char servers[NATS_NAMES_SIZE];      /* their hosts, for messages */
    _Atomic int64_t created_us[STREAM_COUNT];

    pthread_mutex_t admin; /* one thread prepares */
    int64_t prepare_after_us;
    int64_t time_after_us; /* when the server is asked for its time again */
    int64_t letters_gone;  /* dead letters that are not stored any more, when last seen */
    bool letters_known;
    char fault[REASON_MAX + 1]; /* why streams cannot be had */

    pthread_mutex_t events; /* guards the rest */
    pthread_cond_t event;
    int endings; /* of what must end before the bus may be freed: see close */
    struct nats_consumer *retired;
};

bool nats_connected(const struct bus_nats *bus);
/* A subject that nobody else has, for answers. */
MUST_CHECK enum status nats_inbox_make(const struct bus_nats *bus, char inbox[NATS_INBOX_SIZE]);
/* Like publish, without the limit on the payload and with an id of its own (empty: none). */
void nats_publish(struct bus_nats *bus, const struct bus_message *message, struct slice once,
                  bus_published *done, void *context);

/* bus_nats_message.c */

/* A message to be published to its stream. NULL: memory is out or the subject is too long. */
natsMsg *nats_message_write(const struct bus_message *message, struct slice once,
                            const char *reply);
/* The slices point into `from`; sets all but the stream's creation time and the handle. */
void nats_message_read(natsMsg *from, enum stream stream, struct bus_message *message);
/* A message as JetStream stores it; `headers` is the raw block. The caller destroys it. NULL:
 * memory is out or there is no subject. */
natsMsg *nats_message_copy(const char *subject, struct slice headers, struct slice payload);

/* bus_nats_admin.c */

/* The stream exists, as far as this connection knows. UNAVAILABLE: no, and it was tried. */
MUST_CHECK enum status nats_prepare(struct bus_nats *bus, enum stream stream);
/* All of them do. */
MUST_CHECK enum status nats_prepare_all(struct bus_nats *bus);
/* The stream's durable pull consumer exists; one that is there stays as it is. */
MUST_CHECK enum status nats_consumer_prepare(struct bus_nats *bus, enum stream stream);
enum status nats_rewind(struct bus *bus, enum stream stream, int64_t since_us);
enum status nats_read(struct bus *bus, enum stream stream, uint64_t from_sequence,
                      struct bus_message messages[], size_t max, size_t *count);
void nats_read_free(struct bus *bus, struct bus_message messages[], size_t count);
enum status nats_remove(struct bus *bus, enum stream stream, uint64_t sequence);
enum status nats_lag(struct bus *bus, enum stream stream, struct bus_lag *lag);
enum status nats_health(struct bus *bus, struct health *health);

/* bus_nats_consumer.c */

enum status nats_consumer_open(struct bus *bus, enum stream stream, struct bus_consumer **consumer);
enum status nats_tail_open(struct bus *bus, enum stream stream, struct bus_consumer **consumer);
enum status nats_fetch(struct bus_consumer *consumer, struct bus_message messages[], size_t max,
                       int64_t wait_us, size_t *count);
enum status nats_settle(struct bus_consumer *consumer, const struct bus_message messages[],
                        const enum outcome outcomes[], size_t count);
void nats_consumer_close(struct bus_consumer *consumer);
/* Frees closed consumers: those closed before `before_us`. */
void nats_consumers_free(struct bus_nats *bus, int64_t before_us);

#endif
