/* SPDX-License-Identifier: Apache-2.0
 *
 * What every cache must do, on each adapter; and what Redis may do to one of them.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "adapters/cache_memory.h"
#include "adapters/cache_redis.h"
#include "adapters/clock.h"
#include "limits.h"
#include "private_server.h"

enum { BYTES_MAX = 64 * 1024, WAIT_S = 10 };

static struct private_server redis;
static char redis_url[96];

static int open_memory(void **state)
{
    struct cache *cache;
    assert_int_equal(cache_memory_open(BYTES_MAX, clock_system(), &cache), STATUS_OK);
    *state = cache;
    return 0;
}

/* On a busy machine no call is late. */
static int open_redis(void **state)
{
    struct cache *cache;
    assert_int_equal(cache_redis_open(redis_url, "", WAIT_S * SECOND_US, &cache), STATUS_OK);
    *state = cache;
    return 0;
}

static int open_hurried_redis(void **state)
{
    struct cache *cache;
    assert_int_equal(cache_redis_open(redis_url, "", CACHE_BUDGET_US, &cache), STATUS_OK);
    *state = cache;
    return 0;
}

static int close_it(void **state)
{
    cache_close(*state);
    return 0;
}

/* A key that no other test has. */
static const char *key_of(const char *name)
{
    static char key[64];
    static int number;
    snprintf(key, sizeof key, "%s:%d", name, number++);
    return key;
}

static enum status get(struct cache *cache, const char *key, char text[64])
{
    struct buf value;
    buf_init(&value, 63);
    enum status status = cache_get(cache, key, &value);
    snprintf(text, 64, "%.*s", (int)value.size, value.size > 0 ? value.data : "");
    buf_free(&value);
    return status;
}

static void set(struct cache *cache, const char *key, const char *value, int64_t life_us)
{
    assert_int_equal(cache_set(cache, key, slice_of(value), life_us), STATUS_OK);
}

/* Waits for a condition, WAIT_S at most. */
#define wait_until(condition)                                                                      \
    do {                                                                                           \
        int64_t limit_us_ = clock_monotonic_us(clock_system()) + WAIT_S * SECOND_US;               \
        while (!(condition)) {                                                                     \
            assert_true(clock_monotonic_us(clock_system()) < limit_us_);                           \
            usleep(1000);                                                                          \
        }                                                                                          \
    } while (0)

static void gives_back_what_was_set(void **state)
{
    char text[64];
    const char *key = key_of("set");
    assert_int_equal(get(*state, key, text), STATUS_NOT_FOUND);
    set(*state, key, "one", MINUTE_US);
    assert_int_equal(get(*state, key, text), STATUS_OK);
    assert_string_equal(text, "one");
    set(*state, key, "another", MINUTE_US);
    assert_int_equal(get(*state, key, text), STATUS_OK);
    assert_string_equal(text, "another");
}

/* Each key is answered for itself. */
static void gives_back_many_at_once(void **state)
{
    enum { COUNT = 32 };
    char keys[COUNT][64], values[COUNT][16];
    struct cache_item items[COUNT];
    struct buf found[COUNT];
    for (int i = 0; i < COUNT; i++) {
        snprintf(keys[i], sizeof keys[i], "%s", key_of("many"));
        snprintf(values[i], sizeof values[i], "value %d", i);
        buf_init(&found[i], 64);
        items[i] =
            (struct cache_item){.key = keys[i], .value = slice_of(values[i]), .found = &found[i]};
    }
    cache_set_many(*state, items, COUNT - 1, MINUTE_US);
    cache_get_many(*state, items, COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(items[i].status, i < COUNT - 1 ? STATUS_OK : STATUS_NOT_FOUND);
        assert_int_equal(found[i].size, i < COUNT - 1 ? strlen(values[i]) : 0);
        if (found[i].size > 0)
            assert_string_equal(found[i].data, values[i]);
        buf_free(&found[i]);
    }
}

static void values_are_bytes(void **state)
{
    static const char bytes[] = "\0\xff\r\n$5\0";
    const char *key = key_of("bytes");
    struct buf value;
    assert_int_equal(cache_set(*state, key, (struct slice){bytes, sizeof bytes}, MINUTE_US),
                     STATUS_OK);
    buf_init(&value, 100);
    assert_int_equal(cache_get(*state, key, &value), STATUS_OK);
    assert_int_equal(value.size, sizeof bytes);
    assert_memory_equal(value.data, bytes, sizeof bytes);
    buf_free(&value);
}

static void values_end(void **state)
{
    char text[64];
    const char *key = key_of("ends");
    set(*state, key, "soon", 50000);
    wait_until(get(*state, key, text) == STATUS_NOT_FOUND);
}

static void forgets(void **state)
{
    char first[64], second[64], text[64];
    snprintf(first, sizeof first, "%s", key_of("forget"));
    snprintf(second, sizeof second, "%s", key_of("forget"));
    const char *const keys[] = {first, "never set", second};
    set(*state, first, "1", MINUTE_US);
    set(*state, second, "2", MINUTE_US);
    assert_int_equal(cache_remove(*state, keys, 3), STATUS_OK);
    assert_int_equal(get(*state, first, text), STATUS_NOT_FOUND);
    assert_int_equal(get(*state, second, text), STATUS_NOT_FOUND);
}

static void counts(void **state)
{
    char text[64];
    int64_t total;
    const char *key = key_of("count");
    assert_int_equal(cache_increment(*state, key, 1, MINUTE_US, &total), STATUS_OK);
    assert_int_equal(total, 1);
    assert_int_equal(cache_increment(*state, key, 41, MINUTE_US, &total), STATUS_OK);
    assert_int_equal(total, 42);
    assert_int_equal(cache_increment(*state, key, -2, MINUTE_US, &total), STATUS_OK);
    assert_int_equal(total, 40);
    assert_int_equal(get(*state, key, text), STATUS_OK);
    assert_string_equal(text, "40");
}

/* A counter lives from its first increment on, however often it grows. */
static void counters_end(void **state)
{
    int64_t total = 0, before = 0;
    const char *key = key_of("count-ends");
    int64_t limit_us = clock_monotonic_us(clock_system()) + WAIT_S * SECOND_US;
    do {
        before = total;
        assert_int_equal(cache_increment(*state, key, 1, 50000, &total), STATUS_OK);
        assert_true(clock_monotonic_us(clock_system()) < limit_us);
        usleep(1000);
    } while (total > before);
    assert_int_equal(total, 1);
}

static void what_is_no_number_is_not_counted(void **state)
{
    int64_t total;
    const char *key = key_of("text");
    set(*state, key, "nonsense", MINUTE_US);
    assert_int_equal(cache_increment(*state, key, 1, MINUTE_US, &total), STATUS_UNAVAILABLE);
}

static void answers_a_ping(void **state)
{
    assert_int_equal(cache_ping(*state), STATUS_OK);
}

/* Of what does not fit, the one that was used least recently goes first. */
static void memory_is_bounded(void **state)
{
    static char value[1024];
    char key[32], text[64];
    memset(value, 'x', sizeof value - 1);
    set(*state, "kept", "1", MINUTE_US);
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "filler:%d", i);
        set(*state, key, value, MINUTE_US);
        assert_int_equal(get(*state, "kept", text), STATUS_OK);
    }
    struct buf found;
    buf_init(&found, sizeof value);
    assert_int_equal(cache_get(*state, "filler:0", &found), STATUS_NOT_FOUND);
    assert_int_equal(cache_get(*state, "filler:999", &found), STATUS_OK);
    buf_free(&found);
}

static void many_are_unavailable(struct cache *cache)
{
    struct cache_item items[] = {{.key = "frozen", .value = slice_of("2")},
                                 {.key = "frozen too", .value = slice_of("2")}};
    cache_set_many(cache, items, 2, MINUTE_US);
    for (int i = 0; i < 2; i++)
        assert_int_equal(items[i].status, STATUS_UNAVAILABLE);
}

/* It is a miss soon, not a wait; and the cache comes back by itself. */
static void a_stopped_redis_costs_little(void **state)
{
    char text[64];
    private_server_stop(&redis, SIGKILL);
    int64_t before_us = clock_monotonic_us(clock_system());
    for (int i = 0; i < 1000; i++)
        assert_int_equal(get(*state, "before", text), STATUS_UNAVAILABLE);
    assert_true(clock_monotonic_us(clock_system()) - before_us < SECOND_US);
    assert_int_equal(cache_ping(*state), STATUS_UNAVAILABLE);
    private_server_start(&redis);
    wait_until(cache_set(*state, "after", slice_of("2"), MINUTE_US) == STATUS_OK);
    wait_until(get(*state, "after", text) == STATUS_OK);
    assert_string_equal(text, "2");
}

static void a_frozen_redis_costs_little(void **state)
{
    char text[64];
    wait_until(cache_set(*state, "frozen", slice_of("1"), MINUTE_US) == STATUS_OK);
    kill(redis.pid, SIGSTOP);
    int64_t before_us = clock_monotonic_us(clock_system());
    for (int i = 0; i < 100; i++)
        assert_int_equal(get(*state, "frozen", text), STATUS_UNAVAILABLE);
    assert_true(clock_monotonic_us(clock_system()) - before_us < SECOND_US / 2);
    many_are_unavailable(*state);
    kill(redis.pid, SIGCONT);
    wait_until(get(*state, "frozen", text) == STATUS_OK);
    /* An answer that came late does not stand for another question. */
    assert_string_equal(text, "1");
}

static void unusable_urls(void **state)
{
    (void)state;
    static const char *const urls[] = {"",
                                       "gopher://x",
                                       "redis://",
                                       "redis:///",
                                       "redis://x:0",
                                       "redis://x:65536",
                                       "redis://x:y",
                                       "redis://x/database",
                                       "redisss://x"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct cache *cache;
        assert_int_equal(cache_redis_open(urls[i], "", CACHE_BUDGET_US, &cache), STATUS_INVALID);
    }
}

#define ON_BOTH(test)                                                                              \
    {"memory: " #test, test, open_memory, close_it, NULL},                                         \
    {                                                                                              \
        "redis: " #test, test, open_redis, close_it, NULL                                          \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(gives_back_what_was_set),
        ON_BOTH(gives_back_many_at_once),
        ON_BOTH(values_are_bytes),
        ON_BOTH(values_end),
        ON_BOTH(forgets),
        ON_BOTH(counts),
        ON_BOTH(counters_end),
        ON_BOTH(what_is_no_number_is_not_counted),
        ON_BOTH(answers_a_ping),
        cmocka_unit_test_setup_teardown(memory_is_bounded, open_memory, close_it),
        cmocka_unit_test_setup_teardown(a_stopped_redis_costs_little, open_hurried_redis, close_it),
        cmocka_unit_test_setup_teardown(a_frozen_redis_costs_little, open_hurried_redis, close_it),
        cmocka_unit_test(unusable_urls),
    };
    private_server_init(&redis);
    char *const command[] = {"redis-server",  "--bind", "127.0.0.1", "--port",
                             redis.port_text, "--save", "",          NULL};
    memcpy(redis.command, command, sizeof command);
    private_server_start(&redis);
    snprintf(redis_url, sizeof redis_url, "redis://127.0.0.1:%d/1", redis.port);
    int failed = cmocka_run_group_tests_name("cache", tests, NULL, NULL);
    private_server_stop(&redis, SIGKILL);
    return failed;
}
