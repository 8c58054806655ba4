/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/cache_redis_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void one_server(void **state)
{
    (void)state;
    struct redis_url url;
    assert_int_equal(redis_url_parse("redis://me:p%40ss@[::1]:7000/3", &url), STATUS_OK);
    assert_string_equal(url.user, "me");
    assert_string_equal(url.password, "p@ss");
    assert_string_equal(url.master, "");
    assert_int_equal(url.host_count, 1);
    assert_string_equal(url.hosts[0].name, "::1");
    assert_int_equal(url.hosts[0].port, 7000);
    assert_int_equal(url.database, 3);
    assert_false(url.secure);
    assert_int_equal(redis_url_parse("rediss://cache", &url), STATUS_OK);
    assert_true(url.secure);
    assert_int_equal(redis_url_parse("rediss+sentinel://a/cache", &url), STATUS_OK);
    assert_true(url.secure);
    assert_int_equal(redis_url_parse("redis://cache", &url), STATUS_OK);
    assert_int_equal(url.hosts[0].port, 6379);
}

static void sentinels(void **state)
{
    (void)state;
    struct redis_url url;
    assert_int_equal(redis_url_parse("redis+sentinel://:secret@a:1,[::1],c:3/cache/2", &url),
                     STATUS_OK);
    assert_string_equal(url.password, "secret");
    assert_string_equal(url.master, "cache");
    assert_int_equal(url.host_count, 3);
    assert_string_equal(url.hosts[0].name, "a");
    assert_int_equal(url.hosts[0].port, 1);
    assert_string_equal(url.hosts[1].name, "::1");
    assert_int_equal(url.hosts[1].port, 26379);
    assert_string_equal(url.hosts[2].name, "c");
    assert_int_equal(url.hosts[2].port, 3);
    assert_int_equal(url.database, 2);
    assert_int_equal(redis_url_parse("redis+sentinel://a/cache", &url), STATUS_OK);
    assert_int_equal(url.database, 0);
}

static void faults(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "redis://a,b",
        "redis://a:1,b:2/0",
        "redis+sentinel://",
        "redis+sentinel://a",
        "redis+sentinel://a/",
        "redis+sentinel://a,/cache",
        "redis+sentinel://,a/cache",
        "redis+sentinel://a:0/cache",
        "redis+sentinel://a:1:2/cache",
        "redis+sentinel://a/cache/x",
        "redis+sentinel://a/cache/1/2",
        "redis+sentinel://a,b,c,d,e,f,g,h,i/cache",
    };
    struct redis_url url;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(redis_url_parse(texts[i], &url), STATUS_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_server),
        cmocka_unit_test(sentinels),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests_name("cache_redis_url", tests, NULL, NULL);
}
