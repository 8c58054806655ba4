/* SPDX-License-Identifier: Apache-2.0
 *
 * What a process knows of its engines, and how its roles get on with their streams: what /readyz
 * answers, without asking anybody. One thread looks after the store (with the revocations it keeps
 * and the files that people edit), one after the bus (with the lag of streams), one after the cache
 * (with the rates that processes share), so that an engine that hangs holds up none but its own.
 */
#ifndef ECS_RUNNER_WATCH_H
#define ECS_RUNNER_WATCH_H

#include <stdatomic.h>

#include "http/server.h"
#include "process/steady.h"
#include "runner/runner.h"

enum { WATCH_THREADS_MAX = 3 };

/* An engine as it was seen last: one thread asks it, anybody may look, and nobody who looks waits.
 * One that has owed an answer for ENGINE_SILENCE_US is down, however long all of a look may take.
 * Zeroed at first. */
struct engine_seen {
    _Atomic int64_t owed_since_us; /* steady: since when it owes an answer; 0: it owes none */
    _Atomic int status;            /* of enum status */
    _Atomic int durability;        /* of enum durability */
    /* Constants or NULL: why it is down, and what of it is not there. */
    _Atomic(const char *) cause;
    _Atomic(const char *) missing;
};

/* Before and after it is asked how it is. The first returns what is to be filled, which refers to
 * `seen`. `engine` is its name in the log. */
struct health engine_seen_ask(struct engine_seen *seen);
void engine_seen_note(struct engine_seen *seen, const char *engine, enum status status,
                      const struct health *health);
bool engine_seen_is_up(struct engine_seen *seen);

/* Whether a worker gets on with its stream: it notes what it has done, whoever sees the stream's
 * lag notes whether anything waits, and anybody may look. One whose messages have waited for
 * PROGRESS_PAUSE_US_MAX, without that one of them ended, is not ready. */
struct stream_progress {
    _Atomic bool failing;     /* its last step was */
    _Atomic int64_t moved_us; /* steady: when a message last ended, or none waited */
};

/* A message has ended, or none waits, or nobody knows; so it is at the start, too. */
void stream_progress_move(struct stream_progress *progress);

struct watch {
    const struct runner_options *options;
    struct stop *stop;
    struct http_server *server;
    struct role_context context;
    /* Looks at one engine again and again, which may keep it waiting. */
    struct watch_thread {
        struct watch *watch;
        void (*look)(struct watch *watch);
        int64_t period_us;
        pthread_t thread;
    } threads[WATCH_THREADS_MAX];
    size_t thread_count;
    unsigned cache_rounds;
    bool takes_tokens; /* some role has to know which are revoked */
    struct engine_seen bus;
    struct engine_seen store;
    struct engine_seen cache;
    struct stream_progress progress[ROLES_MAX]; /* of roles that consume */
};

/* Opens handles of its own. `stop` ends the threads, and must outlive the watch. */
MUST_CHECK enum status watch_open(struct watch *watch, const struct runner_options *options,
                                  struct stop *stop);
/* Looks at all engines once, before the first request. */
void watch_look(struct watch *watch);
/* From now on threads look. Those that could be started run also if it fails: watch_join ends them.
 */
MUST_CHECK enum status watch_start(struct watch *watch, struct http_server *server);
/* After stop_set. */
void watch_join(struct watch *watch);
/* After the server has stopped. */
void watch_close(struct watch *watch);

/* An http_readiness; context is the watch. */
bool watch_is_ready(void *context, struct buf *json);

#endif
