/* SPDX-License-Identifier: Apache-2.0 */
#include "server_fixture.h"

#include "adapters/clock.h"
#include "http/fairness.h"

/* A cache of counters, as far as the rate limit uses one. */
struct counter_cache {
    struct cache base;
    size_t count;
    bool down;
    int calls;
    struct {
        char key[80];
        int64_t total;
    } rows[256];
};

static enum status counter_increment(struct cache *cache, const char *key, int64_t by,
                                     int64_t life_us, int64_t *total)
{
    struct counter_cache *counters = (struct counter_cache *)cache;
    counters->calls++;
    assert_true(life_us > 0);
    if (counters->down)
        return STATUS_UNAVAILABLE;
    size_t i = 0;
    while (i < counters->count && strcmp(counters->rows[i].key, key) != 0)
        i++;
    if (i == counters->count) {
        assert_true(counters->count < 256);
        snprintf(counters->rows[counters->count++].key, sizeof counters->rows[i].key, "%s", key);
    }
    *total = counters->rows[i].total += by;
    return STATUS_OK;
}

static const struct cache_ops counter_ops = {.name = "counters", .increment = counter_increment};

static void a_person_has_a_key_of_their_own(void **state)
{
    (void)state;
    const struct uuid ada = {{1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, 10, 11, 12, 13, 14, 15, 16}};
    struct uuid bob = ada, same = ada;
    bob.bytes[15]++;
    same.bytes[0]++; /* the time, which many share */
    assert_true(rate_limit_person_key(&ada) != rate_limit_person_key(&bob));
    assert_true(rate_limit_person_key(&ada) == rate_limit_person_key(&same));
}

static int passed(struct rate_limit *limit, uint64_t key, int64_t now_us, int times)
{
    int count = 0;
    for (int i = 0; i < times; i++)
        count += rate_limit_pass(limit, key, now_us);
    return count;
}

static void test_counts_each_address_in_each_second(void **state)
{
    (void)state;
    struct rate_limit *limit = rate_limit_create(10);
    int64_t now_us = 1760000000LL * SECOND_US;
    assert_int_equal(passed(limit, 1, now_us, 15), 10);
    assert_int_equal(passed(limit, 2, now_us, 15), 10);
    assert_int_equal(passed(limit, 1, now_us + SECOND_US - 1, 5), 0);
    assert_int_equal(passed(limit, 1, now_us + SECOND_US, 15), 10);
    free(limit);
}

static void test_a_crowd_passes(void **state)
{
    (void)state;
    struct rate_limit *limit = rate_limit_create(10);
    int64_t now_us = 1760000000LL * SECOND_US;
    for (uint64_t key = 1; key <= 3 * HTTP_RATE_ADDRESSES_MAX; key++)
        assert_true(rate_limit_pass(limit, key, now_us));
    /* And is forgotten in the next second. */
    assert_int_equal(passed(limit, 7, now_us + SECOND_US, 15), 10);
    free(limit);
}

/* In random turns, in one process or two that share: one who asks at any pace passes no more often
 * than they may, and as the processes let them in two rounds, which are longer when many have to be
 * shared; the others pass always. */
static void test_one_takes_no_more_than_a_share(void **state)
{
    (void)state;
    enum { CASES = 200, ROUNDS = 100, MODEST = 100, MAX = 128, TURNS = 80 };
    enum { TURN_ROUNDS = MODEST / HTTP_RATE_SHARED_MAX + 1 }; /* until all were shared once */
    for (int64_t second = 0; second < CASES; second++) {
        struct counter_cache cache = {.base = {&counter_ops}};
        struct rate_limit *limits[2] = {rate_limit_create(MAX), rate_limit_create(MAX)};
        uint64_t processes = 1 + unit_random() % 2, pace = 2 + unit_random() % 20;
        uint64_t first = unit_random();
        int asked[MODEST] = {0}, asks = 0, passes = 0, round_max = 0;
        for (int round = 0; round < ROUNDS; round++) {
            int64_t now_us = second * SECOND_US + round * (SECOND_US / ROUNDS);
            int before = passes;
            for (int turn = 0; turn < TURNS; turn++) {
                size_t one = unit_random() % MODEST;
                struct rate_limit *limit = limits[unit_random() % processes];
                if (unit_random() % pace == 0) {
                    asks++;
                    passes += rate_limit_pass(limit, first, now_us);
                } else if (asked[one]++ < MAX) {
                    assert_true(rate_limit_pass(limit, first + 1 + one, now_us));
                }
            }
            if (passes - before > round_max)
                round_max = passes - before;
            for (uint64_t i = 0; i < processes && processes > 1; i++)
                rate_limit_share(limits[i], &cache.base, now_us);
        }
        assert_in_range(passes, asks < MAX ? asks : MAX,
                        processes == 1 ? MAX : MAX + 2 * TURN_ROUNDS * round_max);
        free(limits[0]);
        free(limits[1]);
    }
}

static uint64_t key_of(const char *text)
{
    struct in6_addr address;
    assert_int_equal(address_parse(slice_of(text), &address), STATUS_OK);
    return rate_limit_key(&address);
}

static void test_addresses(void **state)
{
    (void)state;
    assert_true(key_of("192.0.2.1") != key_of("192.0.2.2"));
    assert_true(key_of("192.0.2.1") == key_of("::ffff:192.0.2.1"));
    assert_true(key_of("2001:db8:1:2::1") == key_of("2001:db8:1:2:ffff::9"));
    assert_true(key_of("2001:db8:1:2::1") != key_of("2001:db8:1:3::1"));
}

static void test_processes_share(void **state)
{
    (void)state;
    struct counter_cache cache = {.base = {&counter_ops}};
    struct rate_limit *one = rate_limit_create(100), *two = rate_limit_create(100);
    int64_t now_us = 1760000000LL * SECOND_US;
    assert_int_equal(passed(one, 1, now_us, 60), 60);
    assert_int_equal(passed(two, 1, now_us, 30), 30);
    rate_limit_share(one, &cache.base, now_us);
    rate_limit_share(two, &cache.base, now_us);
    rate_limit_share(one, &cache.base, now_us);
    /* 90 are known to both; ten are left, whoever takes them. */
    assert_int_equal(passed(one, 1, now_us, 6), 6);
    rate_limit_share(one, &cache.base, now_us);
    rate_limit_share(two, &cache.base, now_us);
    assert_int_equal(passed(two, 1, now_us, 20), 4);
    rate_limit_share(two, &cache.base, now_us);
    rate_limit_share(one, &cache.base, now_us);
    assert_int_equal(passed(one, 1, now_us, 20), 0);
    /* The next second starts anew. */
    now_us += SECOND_US;
    assert_int_equal(passed(two, 1, now_us, 200), 100);
    rate_limit_share(two, &cache.base, now_us);
    assert_int_equal(passed(one, 1, now_us, 50), 50);
    rate_limit_share(one, &cache.base, now_us);
    assert_int_equal(passed(one, 1, now_us, 50), 0);
    free(one);
    free(two);
}

/* Whoever can write to the cache lowers a counter: each process still counts for itself. */
static void test_a_lying_cache_makes_no_limit_looser(void **state)
{
    (void)state;
    struct counter_cache cache = {.base = {&counter_ops}};
    struct rate_limit *limit = rate_limit_create(100);
    int64_t now_us = 1760000000LL * SECOND_US;
    assert_int_equal(passed(limit, 1, now_us, 90), 90);
    rate_limit_share(limit, &cache.base, now_us);
    cache.rows[0].total = -1000000;
    assert_int_equal(passed(limit, 1, now_us, 5), 5);
    rate_limit_share(limit, &cache.base, now_us);
    assert_int_equal(passed(limit, 1, now_us, 50), 5);
    free(limit);
}

static void test_sharing_is_bounded(void **state)
{
    (void)state;
    struct counter_cache cache = {.base = {&counter_ops}};
    struct rate_limit *limit = rate_limit_create(640);
    int64_t now_us = 1760000000LL * SECOND_US;
    for (uint64_t key = 1; key < 100; key++)
        passed(limit, key, now_us, 9); /* far from the limit: not worth a round trip */
    rate_limit_share(limit, &cache.base, now_us);
    assert_int_equal(cache.calls, 0);
    for (uint64_t key = 1; key < 100; key++)
        passed(limit, key, now_us, 20);
    rate_limit_share(limit, &cache.base, now_us);
    assert_int_equal(cache.calls, HTTP_RATE_SHARED_MAX);
    cache.down = true;
    rate_limit_share(limit, &cache.base, now_us);
    assert_int_equal(cache.calls, HTTP_RATE_SHARED_MAX + 1);
    assert_int_equal(passed(limit, 1, now_us, 1), 1);
    free(limit);
}

static void *hammer(void *argument)
{
    return (void *)(intptr_t)passed(argument, 1, 1760000000LL * SECOND_US, 10000);
}

static void test_threads(void **state)
{
    (void)state;
    struct rate_limit *limit = rate_limit_create(15000);
    pthread_t threads[4];
    intptr_t total = 0;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, hammer, limit);
    for (int i = 0; i < 4; i++) {
        void *count;
        pthread_join(threads[i], &count);
        total += (intptr_t)count;
    }
    assert_in_range(total, 14990, 15010); /* two threads may claim the address's slot at once */
    free(limit);
}

static void test_the_server_limits(void **state)
{
    (void)state;
    server_start(1, 5);
    int good = 0, limited = 0;
    for (int i = 0; i < 100; i++) {
        int status = ask("POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        good += status == 202;
        if (status == 429) {
            limited++;
            assert_true(answer_has("Retry-After", "1"));
            assert_non_null(strstr(answer_body(), "\"detail\":\"Too many requests.\""));
        }
    }
    assert_int_equal(good + limited, 100);
    assert_true(good >= 5 && limited > 0);
    /* What is refused counts too: for want of a route, or of a token. */
    fixture.clock.shift_us += SECOND_US;
    wait_until(ask("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n") == 429);
    fixture.clock.shift_us += SECOND_US;
    wait_until(ask("POST /v1/internal HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n") == 429);
    /* The next second is free again. */
    fixture.clock.shift_us += SECOND_US;
    assert_int_equal(ask("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
    struct counter_cache cache = {.base = {&counter_ops}};
    http_server_share_rates(fixture.server, &cache.base);
    assert_true(cache.calls <= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_person_has_a_key_of_their_own),
        cmocka_unit_test(test_counts_each_address_in_each_second),
        cmocka_unit_test(test_a_crowd_passes),
        cmocka_unit_test(test_one_takes_no_more_than_a_share),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_processes_share),
        cmocka_unit_test(test_a_lying_cache_makes_no_limit_looser),
        cmocka_unit_test(test_sharing_is_bounded),
        cmocka_unit_test(test_threads),
        cmocka_unit_test_teardown(test_the_server_limits, teardown_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
