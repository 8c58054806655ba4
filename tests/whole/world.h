/* SPDX-License-Identifier: Apache-2.0
 *
 * All seven roles in one thread, for tests: real embedded bus, store and cache, a clock that only
 * the test moves, a seeded random source, no HTTP and no other thread.
 */
#ifndef ECS_TESTS_WORLD_H
#define ECS_TESTS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "../doubles.h"
#include "roles/role.h"
#include "scorers/breaker.h"
#include "store/sql_sqlite.h"
#include "store/store.h"

enum { ROLE_COUNT = 7 };
extern const struct role *const world_roles[ROLE_COUNT];

/* The whole system. */
struct world {
    char folder[64];
    struct clock_manual clock;
    struct entropy_seeded entropy;
    struct sqlite_database *database;
    struct breaker_gate *gate;
    struct policy_source policies;
    struct token_keys tokens;
    struct role_settings settings;
    struct role_context contexts[ROLE_COUNT];
    struct bus_consumer *consumers[ROLE_COUNT];
    struct bus *bus;
    struct cache *cache;
    struct store *store;
    struct scorer *scorer;
    struct scorer *model;
    struct revocations *revocations;
    struct buf trace; /* every answer, in order */
    /* For tests that make things fail; both NULL in others. `inside` is told when the code under
     * test begins and ends. `again` is asked about each failure: true if the test made it, and so
     * the same has to be tried again. */
    void (*inside)(bool inside);
    bool (*again)(void);
};

void world_open(struct world *world);
void world_close(struct world *world);

/* Lets every role do what it can until nothing is left to do. */
void world_settle(struct world *world);

/* Calls an endpoint as `user` with a body; returns the answer's JSON, owned by the caller. */
json_t *world_call(struct world *world, const char *path, const struct uuid *user,
                   const char *parameter, const char *body, int wanted);
const char *json_text_of(const json_t *object, const char *key);

/* One event of each kind in each of so many hours. */
void world_feel_and_spend(struct world *world, const struct uuid *user, const char *user_id,
                          int hours);

/* One person's whole way: from the registration to an active credit line, after so many hours. */
void world_live(struct world *world, int hours);

#endif
