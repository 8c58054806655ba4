/* SPDX-License-Identifier: Apache-2.0
 *
 * Drives the step functions of roles with threads: the HTTP server and its pool, one thread for
 * each consuming role, one for each role's ticks (worker.h), one that drives the bus,
 * one that wakes event streams (wake.h), one for each engine (watch.h). It is the
 * only place that starts threads for roles; a test drives the same steps in a plain loop.
 */
#ifndef ECS_RUNNER_RUNNER_H
#define ECS_RUNNER_RUNNER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "roles/role.h"
#include "settings.h"

enum { ROLES_MAX = 8 };

struct engines;

struct runner_options {
    const struct settings *settings;
    const struct role *const *roles;
    size_t role_count;
    unsigned uses; /* what roles use, and what requests need: revocations, shared rates */
    const struct internal_key *internal_keys; /* one without secret ends the list */
    struct bus *bus;                          /* NULL if no role uses it */
    struct revocations *revocations;
    struct clock *clock;
    struct entropy *entropy;
    /* Opens the handles of one thread, for the ports in `uses`. Scratch is the runner's. */
    enum status (*context_open)(struct engines *engines, unsigned uses,
                                struct role_context *context);
    void (*context_close)(struct engines *engines, struct role_context *context);
    /* Opens the stores once their schema is current, which it makes it. UNAVAILABLE: not now, and
     * `reason` says why. INVALID: waiting will not mend that. INTERNAL: the schema itself fails. */
    enum status (*schema_prepare)(struct engines *engines, int *applied,
                                  char reason[REASON_MAX + 1]);
    /* Called once a second from one thread, and before the first request; `store` may be NULL. */
    void (*refresh)(struct engines *engines, struct store *store);
    struct engines *engines;
};

/* Whether some endpoint of some role is so. */
bool runner_any_endpoint(const struct runner_options *options,
                         bool (*is)(const struct endpoint *endpoint));

/* First thing in main, before any thread is started: threads inherit it. */
void runner_block_signals(void);

/* Runs until the first SIGTERM or SIGINT, then drains: no new requests, what was taken is
 * finished, within 5 s. A second signal ends the process at once. Returns the exit status. On
 * the main thread. */
int runner_run(const struct runner_options *options);

#endif
