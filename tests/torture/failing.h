/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the n-th thing fail, once: an allocation of our own code or of jansson (which asks
 * process/json_read.c for memory), or a call of a port. SQLite's own allocations are not among
 * them: SQLite tests those itself, and what it then tells us is what a failed call of the database
 * tells. Counts only while the code under test runs. One thread.
 */
#ifndef ECS_TESTS_FAILING_H
#define ECS_TESTS_FAILING_H

#include <stdbool.h>

#include "ports/bus.h"
#include "ports/cache.h"
#include "ports/scorer.h"
#include "store/store.h"

enum failing {
    FAILING_ALLOCATION,
    FAILING_CALL,  /* the call does nothing, and says that it failed */
    FAILING_ANSWER /* a commit, publication or settlement is done, and says that it failed */
};

/* The n-th from now on fails; n is 1 or more. Counting waits for failing_inside. */
void failing_arm(enum failing what, int n);
/* The code under test begins or ends. */
void failing_inside(bool inside);
/* Whether it has failed. */
bool failing_happened(void);
/* The same, true once: the failure has been seen. */
bool failing_seen(void);

/* From here on, calls of these ports are counted. */
void failing_bus(struct bus *bus);
void failing_cache(struct cache *cache);
void failing_scorer(struct scorer *scorer);
/* Each use that the store makes of its database. */
void failing_store(struct store *store);

#endif
