/* SPDX-License-Identifier: Apache-2.0
 *
 * One person's way from the registration to an active credit line, while one allocation or one
 * call of a port fails: another one each time. Whoever was told so tries again, and in the end
 * everything is there, once.
 */
#include <sodium.h>
#include <sqlite3.h>
#include <string.h>

#include "failing.h"
#include "world.h"

enum { HOURS = 3, STATE_SIZE = 4096 };

/* What must be the same, whatever failed: rows, sums and states, and no message left. */
static const char state_query[] =
    "SELECT 'users ' || (SELECT count(*) FROM users)"
    " || ' emotions ' || (SELECT count(*) FROM emotion_events)"
    " || ' transactions ' || (SELECT count(*) || ' of ' || sum(amount_cents)"
    "   FROM transaction_events)"
    " || ' tiles ' || (SELECT sum(event_count) || ' ' || sum(stress_sum) FROM emotion_tiles)"
    " || ' ' || (SELECT sum(count) || ' ' || sum(sum_cents) FROM transaction_tiles)"
    " || ' decisions ' || (SELECT group_concat(approved || ' ' || risk || ' ' || features || ' '"
    "   || explanation) FROM decisions)"
    " || ' offers ' || (SELECT group_concat(status || ' ' || limit_cents) FROM offers)"
    " || ' notifications ' || (SELECT count(*) FROM notifications)"
    " || ' outbox ' || (SELECT count(*) FROM outbox)";

static void state_read(struct world *world, char text[STATE_SIZE])
{
    char path[96];
    sqlite3 *handle;
    sqlite3_stmt *statement;
    snprintf(path, sizeof path, "%s/ecs.db", world->folder);
    assert_int_equal(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    assert_int_equal(sqlite3_prepare_v2(handle, state_query, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int size = snprintf(text, STATE_SIZE, "%s", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    for (enum stream stream = 0; stream < STREAM_COUNT; stream++) {
        struct bus_lag lag;
        assert_int_equal(bus_lag(world->bus, stream, &lag), STATUS_OK);
        size += snprintf(text + size, STATE_SIZE - (size_t)size, " %s %d", stream_name(stream),
                         (int)lag.pending);
    }
}

/* Lives one life in which the n-th thing fails; false if so many did not come. */
static bool live_once(enum failing what, int n, char text[STATE_SIZE])
{
    struct world world;
    world_open(&world);
    failing_bus(world.bus);
    failing_cache(world.cache);
    failing_scorer(world.model);
    failing_store(world.store);
    world.inside = failing_inside;
    world.again = failing_seen;
    failing_arm(what, n);
    world_live(&world, HOURS);
    state_read(&world, text);
    world_close(&world);
    return failing_happened();
}

/* Each `stride`-th of them fails; with TORTURE_ALL set, each. */
static void fail_each(enum failing what, int stride)
{
    char whole[STATE_SIZE], text[STATE_SIZE];
    int n = 1, different = 0;
    if (getenv("TORTURE_ALL") != NULL)
        stride = 1;
    assert_false(live_once(what, 0, whole));
    for (; live_once(what, n, text); n += stride) {
        if (strcmp(text, whole) == 0)
            continue;
        different++;
        print_error("%d failed:\n%s\ninstead of\n%s\n", n, text, whole);
    }
    assert_int_equal(different, 0);
    assert_true(n > 10 * stride);
}

static void test_an_allocation_fails(void **state)
{
    (void)state;
    fail_each(FAILING_ALLOCATION, 5);
}

static void test_a_call_fails(void **state)
{
    (void)state;
    fail_each(FAILING_CALL, 11);
}

static void test_an_answer_gets_lost(void **state)
{
    (void)state;
    fail_each(FAILING_ANSWER, 1);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_gets_lost),
        cmocka_unit_test(test_a_call_fails),
        cmocka_unit_test(test_an_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
