/* SPDX-License-Identifier: Apache-2.0
 *
 * settings → engines. Which adapter stands behind each port is decided here, by the variables that
 * are set.
 */
#ifndef ECS_WIRING_H
#define ECS_WIRING_H

#include <stdatomic.h>

#include "reload.h"
#include "roles/role.h"
#include "scorers/breaker.h"
#include "secrets.h"

/* The engines of one process. Zeroed before engines_open. */
struct engines {
    const struct settings *settings;
    struct clock *clock;
    struct entropy *entropy;
    bool serves;                /* beside a command, which ends when an engine is away */
    atomic_bool schema_current; /* until then all stores are shut */
    struct bus *bus;
    struct tracer *tracer;            /* NULL: no collector is configured */
    struct sqlite_database *database; /* embedded store only */
    struct cache *memory;             /* embedded cache only: one for all threads */
    struct breaker_gate *gate;
    struct revocations *revocations;
    struct reload reload;
    struct secrets secrets;
    struct role_settings role_settings;
};

/* What a process needs beside its ports. */
struct needs {
    unsigned uses;       /* of enum role_uses */
    bool tokens;         /* it signs or checks access tokens */
    bool internal;       /* it checks internal keys */
    bool reads;          /* it only reads: embedded engines are there, made by no one now, and may
                            be another process's */
    const char *service; /* its role in traces, empty for several; NULL: it makes none */
};

/* Checks and opens everything the needs name. Otherwise `faults` has a line for each cause, and
 * nothing stays open. INVALID: waiting will not mend one of them. Any other: it may. */
MUST_CHECK enum status engines_open(struct engines *engines, const struct settings *settings,
                                    const struct needs *needs, struct buf *faults);
void engines_close(struct engines *engines);

/* runner_options.schema_prepare. */
MUST_CHECK enum status engines_schema_prepare(struct engines *engines, int *applied,
                                              char reason[REASON_MAX + 1]);

/* runner_options.refresh: looks whether files that people edit have changed. */
void engines_refresh(struct engines *engines, struct store *store);

/* The model that decisions name so, to decide again. */
MUST_CHECK enum status engines_model_open(struct engines *engines, const char *name,
                                          struct scorer **model);

/* Handles for one thread: runner_options.context_open and context_close. */
MUST_CHECK enum status engines_context_open(struct engines *engines, unsigned uses,
                                            struct role_context *context);
void engines_context_close(struct engines *engines, struct role_context *context);

#endif
