/* SPDX-License-Identifier: Apache-2.0
 *
 * What a process opens when it starts, while one allocation fails: another one each time. An open
 * that fails leaves nothing behind (the address sanitizer looks), and opens the next time.
 */
#include "failing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../doubles.h"
#include "adapters/cache_memory.h"
#include "adapters/cache_redis.h"
#include "auth/revocations.h"
#include "bus/sqlite.h"
#include "scorers/breaker.h"
#include "scorers/simple.h"
#include "store/sql_sqlite.h"
#include "store/store.h"

enum { ALLOCATIONS_MAX = 10000, PATH_SIZE = 96 };

static char folder[] = "/tmp/ecs-opens-XXXXXX";
static struct clock_manual manual;
static struct entropy_seeded entropy;

static const char *path_of(const char *name)
{
    static char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* Each opens something, uses and closes it; false: it could not be opened. */

static bool open_bus(void)
{
    struct bus *bus;
    struct bus_consumer *consumer, *tail;
    char reason[REASON_MAX + 1];
    if (bus_sqlite_open(path_of("bus.db"), &manual.base, &bus, reason) != STATUS_OK)
        return false;
    bool opened = bus_consumer_open(bus, STREAM_EMOTIONS, &consumer) == STATUS_OK;
    if (opened)
        bus_consumer_close(consumer);
    bool tailed = bus_tail_open(bus, STREAM_EMOTIONS, &tail) == STATUS_OK;
    if (tailed)
        bus_consumer_close(tail);
    bus_close(bus);
    return opened && tailed;
}

static bool open_store(void)
{
    struct sqlite_database *database;
    struct store *store;
    char reason[REASON_MAX + 1];
    int applied;
    if (sqlite_database_open(path_of("ecs.db"), &database, reason) != STATUS_OK)
        return false;
    bool opened = store_sqlite_open(database, &store) == STATUS_OK;
    bool migrated = opened && store_migrate(store, &applied) == STATUS_OK;
    if (opened)
        store_close(store);
    sqlite_database_close(database);
    return migrated;
}

static bool open_caches(void)
{
    struct cache *memory, *redis;
    bool opened = cache_memory_open(1 << 20, &manual.base, &memory) == STATUS_OK;
    if (opened)
        cache_close(memory);
    /* It connects when it is first used. */
    bool prepared = cache_redis_open("redis://127.0.0.1:1", NULL, SECOND_US, &redis) == STATUS_OK;
    if (prepared)
        cache_close(redis);
    return opened && prepared;
}

static bool open_scorers(void)
{
    struct breaker_gate *gate = breaker_gate_create(&manual.base, &entropy.base);
    struct scorer *fixed = NULL, *breaker = NULL;
    if (gate == NULL)
        return false;
    bool opened = scorer_fixed_open(MILLIONTHS / 2, &fixed) == STATUS_OK;
    bool guarded = opened && scorer_breaker_open(gate, fixed, &breaker) == STATUS_OK;
    if (opened)
        scorer_close(guarded ? breaker : fixed);
    breaker_gate_destroy(gate);
    return guarded;
}

static bool open_revocations(void)
{
    struct revocations *revocations = revocations_create();
    if (revocations == NULL)
        return false;
    revocations_destroy(revocations);
    return true;
}

/* The n-th allocation fails, until so many do not come. */
static void fail_each(bool (*open)(void))
{
    bool happened = true;
    int n = 0;
    assert_true(open());
    while (happened) {
        assert_true(++n < ALLOCATIONS_MAX);
        failing_arm(FAILING_ALLOCATION, n);
        failing_inside(true);
        bool opened = open();
        failing_inside(false);
        happened = failing_happened();
        assert_true(opened || happened);
        assert_true(open());
    }
    assert_true(n > 1);
}

static void test_the_bus(void **state)
{
    (void)state;
    fail_each(open_bus);
}

static void test_the_store(void **state)
{
    (void)state;
    fail_each(open_store);
}

static void test_caches(void **state)
{
    (void)state;
    fail_each(open_caches);
}

static void test_scorers(void **state)
{
    (void)state;
    fail_each(open_scorers);
}

static void test_revocations(void **state)
{
    (void)state;
    fail_each(open_revocations);
}

static int folder_make(void **state)
{
    (void)state;
    clock_manual_init(&manual, 1767225600 * SECOND_US);
    entropy_seeded_init(&entropy, 42);
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int folder_remove(void **state)
{
    (void)state;
    char command[PATH_SIZE + 8];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bus),     cmocka_unit_test(test_the_store),
        cmocka_unit_test(test_caches),      cmocka_unit_test(test_scorers),
        cmocka_unit_test(test_revocations),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
