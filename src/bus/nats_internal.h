/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of bus_nats share.
 *   nats.c           publishing, with the window of what is not yet confirmed; asking
 *   nats_link.c      the connection, again and again
 *   nats_message.c   bus_message ↔ natsMsg, headers
 *   nats_admin.c     streams and durable consumers: JetStream's JSON calls
 *   nats_consumer.c  pulling, settling, tails
 */
#ifndef ECS_BUS_NATS_INTERNAL_H
#define ECS_BUS_NATS_INTERNAL_H

#include <jansson.h>
#include <nats/nats.h>
#include <pthread.h>
#include <stdatomic.h>

#include "bus/publication.h"

#define NATS_CONSUMER "processor" /* the one durable consumer of a stream */
enum {
    NATS_REQUEST_MS = 2000,
    NATS_USER_MAX = 32,
    NATS_INBOX_SIZE = 64,
    NATS_SUBJECT_MAX = 255,
    NATS_NAMES_SIZE = 72
};

struct nats_consumer;
struct nats_retired;

struct pending {
    struct publication publication; /* done NULL: ended */
    struct outgoing *outgoing;      /* NULL: it is sent, or ended */
    int64_t added_us;               /* steady; so is the next time */
};

/* Publications that wait, first to be sent and then for their confirmation, oldest first: a ring of
 * BUS_WINDOW_MAX, found by serial. Each ends exactly once: confirmed, refused, timed out, or failed
 * with the connection; what ends before it was sent is not sent any more.
 * While publications wait and nothing was confirmed for ENGINE_SILENCE_US, no more are taken: they
 * would only wait in vain for a server that is frozen.
 * Safe from any thread; `done` is called without the lock. */
struct window {
    pthread_mutex_t mutex;
    struct pending *ring; /* [serial % BUS_WINDOW_MAX] */
    uint64_t oldest;      /* all before it have ended */
    uint64_t unsent;      /* all before it were sent, or have ended */
    uint64_t next;
    size_t unsent_bytes;
    int64_t heard_us;     /* when one was last confirmed */
    pthread_cond_t added; /* one is to be sent, or it is closed */
    bool closed;
};

/* A connection from its beginning to its end, and the subscription to what comes to the inbox. */
struct nats_link {
    struct bus_nats *bus;
    natsConnection *connection;
    natsSubscription *answers;
    unsigned number;     /* 1 for the first, then one more for each */
    atomic_bool retired; /* its end is no loss */
    int users;           /* who has taken it; guarded by bus->events, as are the next two */
    bool closed;
    int endings;         /* what libnats must still end before it may be freed */
    int64_t close_at_us; /* of an old one; so is the next */
    struct nats_link *next;
};

struct bus_nats {
    struct bus base;
    natsOptions *options;
    char inboxes[NATS_USER_MAX + 9]; /* what all inboxes begin with: _INBOX or _INBOX.USER */
    char inbox[NATS_INBOX_SIZE]; /* confirmations come to <inbox>.<serial>, answers to <inbox>.r… */
    struct window window;
    pthread_t sender;                   /* sends what is in the window */
    int replicas;                       /* of each stream, at least */
    atomic_uint epoch;                  /* the link's number; 0: there was none yet */
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

    pthread_mutex_t driver; /* one thread connects; guards these */
    struct nats_link *old_links;
    natsStatus connected; /* how the last attempt ended */
    int64_t connect_after_us;
    int64_t lead_us; /* of the time of day before the steady time, when last seen */
    bool renew;      /* the link is to be replaced */

    pthread_mutex_t events; /* guards the rest */
    pthread_cond_t event;
    struct nats_link *link;          /* the current one, or NULL; changed by the driver alone */
    LIST_HEAD(, nats_request) asked; /* requests that wait for their answer */
    uint64_t asked_count;
    struct nats_retired *retired;
};

/* nats.c */

MUST_CHECK enum status window_init(struct window *window);
void window_destroy(struct window *window);

/* OK: the window frees `outgoing`. UNAVAILABLE: the window is full, messages of more than
 * BUS_QUEUE_BYTES_MAX would wait to be sent, or the server is silent. */
MUST_CHECK enum status window_add(struct window *window, struct outgoing *outgoing, int64_t now_us);
/* The oldest message that is still to be sent, which is the caller's from now on; waits for one.
 * NULL: the window is closed. */
struct outgoing *window_next(struct window *window, uint64_t *serial);
/* Ends the wait for a next one, for good. */
void window_close(struct window *window);
/* Ends one: OK, the server confirmed it. Nothing happens if it has ended. */
void window_end(struct window *window, uint64_t serial, enum status status);
/* Ends with UNAVAILABLE all that have waited for BUS_PUBLISH_TIMEOUT_US. INT64_MAX: all. */
void window_expire(struct window *window, int64_t now_us);

/* Like publish, with an id of its own (empty: none). */
void bus_nats_publish(struct bus_nats *bus, const struct bus_message *message, struct slice once,
                      bus_published *done, void *context);
/* Asks and waits for the answer, at most NATS_REQUEST_MS; the caller destroys it. NULL: none came.
 */
natsMsg *bus_nats_ask(struct bus_nats *bus, const char *subject, const char *text);
/* A natsMsgHandler: something has come to the inbox. */
void bus_nats_on_answer(natsConnection *connection, natsSubscription *subscription, natsMsg *answer,
                        void *bus);

/* nats_link.c */

/* INVALID: waiting does not mend it. OK: there is a link, or there will be; then `reason` tells. */
MUST_CHECK enum status bus_nats_links_open(struct bus_nats *bus, const char *urls,
                                           const char *ca_file, char reason[REASON_MAX + 1]);
/* False: libnats does not end, and may call back for ever. */
MUST_CHECK bool bus_nats_links_close(struct bus_nats *bus);
/* Connects where there is no link or a new one is due, which may take CONNECT_MS for each server,
 * and ends old ones. To be called several times a second, by any thread. */
void bus_nats_links_drive(struct bus_nats *bus);
/* The current link, to be released soon; NULL, which needs no release: there is none that is
 * connected. */
struct nats_link *nats_link_take(struct bus_nats *bus);
void nats_link_release(struct nats_link *link);
bool bus_nats_is_connected(struct bus_nats *bus);
/* A subject that nobody else has, for answers. */
MUST_CHECK enum status bus_nats_inbox_make(const struct bus_nats *bus, char inbox[NATS_INBOX_SIZE]);

/* nats_message.c */

/* A message to be published to its stream. NULL: memory is out or the subject is too long. */
natsMsg *bus_nats_message_write(const struct bus_message *message, struct slice once,
                                const char *reply);
/* The slices point into `from`; sets all but the stream's creation time and the handle. */
void bus_nats_message_read(natsMsg *from, enum stream stream, struct bus_message *message);
/* The same of a message as JetStream's JSON has it, whose handle it sets: natsMsg_Destroy ends it.
 */
MUST_CHECK enum status bus_nats_message_decode(const json_t *stored, enum stream stream,
                                               struct bus_message *message);

/* nats_admin.c */

/* The stream exists, as far as this connection knows. UNAVAILABLE: no, and it was tried. */
MUST_CHECK enum status bus_nats_prepare(struct bus_nats *bus, enum stream stream);
/* All of them do. */
MUST_CHECK enum status bus_nats_prepare_all(struct bus_nats *bus);
/* The stream's durable pull consumer exists; one that is there stays as it is. */
MUST_CHECK enum status nats_consumer_prepare(struct bus_nats *bus, enum stream stream);
/* For a request that brought nothing. If the consumer held messages back then, though none is
 * delivered and unsettled, and has delivered nothing since, it is made anew and goes on behind what
 * was settled (docs/decisions/bus-nats.md). `delivered` is the caller's, 0 at first. */
MUST_CHECK enum status nats_consumer_release(struct bus_nats *bus, enum stream stream,
                                             uint64_t *delivered);
MUST_CHECK enum status bus_nats_rewind(struct bus *bus, enum stream stream, int64_t since_us);
MUST_CHECK enum status bus_nats_read(struct bus *bus, enum stream stream, uint64_t from_sequence,
                                     struct bus_message messages[], size_t max, size_t *count);
void bus_nats_read_free(struct bus *bus, struct bus_message messages[], size_t count);
MUST_CHECK enum status bus_nats_remove(struct bus *bus, enum stream stream, uint64_t sequence);
MUST_CHECK enum status bus_nats_lag(struct bus *bus, enum stream stream, struct bus_lag *lag);
MUST_CHECK enum status bus_nats_health(struct bus *bus, struct health *health);

/* nats_consumer.c */

/* OK without a link, too: then it subscribes later. */
MUST_CHECK enum status nats_consumer_open(struct bus *bus, enum stream stream, bool tail,
                                          struct bus_consumer **consumer);
MUST_CHECK enum status nats_consumer_fetch(struct bus_consumer *consumer,
                                           struct bus_message messages[], size_t max,
                                           int64_t wait_us, size_t *count);
MUST_CHECK enum status nats_consumer_settle(struct bus_consumer *consumer,
                                            const struct bus_message messages[],
                                            const enum outcome outcomes[], size_t count);
void nats_consumer_close(struct bus_consumer *consumer);
/* Frees subscriptions that were given up before `before_us`. */
void nats_retired_free(struct bus_nats *bus, int64_t before_us);

#endif
