/* SPDX-License-Identifier: Apache-2.0
 *
 * An engine as it was seen last: one thread asks it, anybody may look, and nobody who looks waits.
 * One that has owed an answer for ENGINE_SILENCE_US is down, however long all of a look may take.
 */
#ifndef ECS_RUNNER_ENGINE_SEEN_H
#define ECS_RUNNER_ENGINE_SEEN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "roles/role.h"

/* Zeroed at first. */
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
/* The object of /readyz that tells of it. `adapter` is what it is. */
void engine_seen_write(struct engine_seen *seen, const char *adapter, struct buf *json);

#endif
