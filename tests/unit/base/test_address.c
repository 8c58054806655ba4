/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/address.h"

static void test_addresses_are_read_and_written(void **state)
{
    (void)state;
    static const char *const good[][2] = {
        {"192.0.2.1", "192.0.2.1"},
        {"0.0.0.0", "0.0.0.0"},
        {"2001:DB8::0:1", "2001:db8::1"},
        {"::", "::"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"::ffff:c000:201", "192.0.2.1"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct in6_addr address;
        char text[INET6_ADDRSTRLEN];
        assert_int_equal(address_parse(slice_of(good[i][0]), &address), STATUS_OK);
        address_format(&address, text);
        assert_string_equal(text, good[i][1]);
    }
}

static void test_what_is_no_address(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "localhost",
        "unknown",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.1.5",
        "192.0.2.01",
        "0xc0000201",
        " 192.0.2.1",
        "192.0.2.1 ",
        "192.0.2.1:80",
        "[2001:db8::1]",
        "2001:db8:::1",
        "2001:db8::1%eth0",
        "2001:db8::1/64",
        "1:2:3:4:5:6:7",
        "::ffff:192.0.2.300",
        "12345::",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
    };
    struct in6_addr address;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(address_parse(slice_of(bad[i]), &address), STATUS_INVALID);
    assert_int_equal(address_parse((struct slice){"192.0.2.1\0x", 11}, &address), STATUS_INVALID);
}

static void test_addresses_of_sockets(void **state)
{
    (void)state;
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xC0000201)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr local = {.sa_family = AF_UNIX};
    assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.1", &v6.sin6_addr), 1);
    struct in6_addr one = address_of((struct sockaddr *)&v4);
    struct in6_addr other = address_of((struct sockaddr *)&v6);
    struct in6_addr none = address_of(&local);
    assert_memory_equal(&one, &other, sizeof one);
    assert_memory_equal(&none, &in6addr_any, sizeof none);
}

static bool holds(const char *network, const char *text)
{
    struct address_list list = {.count = 0};
    struct in6_addr address;
    assert_int_equal(address_list_add(&list, slice_of(network)), STATUS_OK);
    assert_int_equal(address_parse(slice_of(text), &address), STATUS_OK);
    return address_list_holds(&list, &address);
}

static void test_networks(void **state)
{
    (void)state;
    assert_true(holds("192.0.2.1", "192.0.2.1"));
    assert_false(holds("192.0.2.1", "192.0.2.0"));
    assert_true(holds("10.0.0.0/8", "10.255.255.255"));
    assert_false(holds("10.0.0.0/8", "11.0.0.0"));
    assert_true(holds("172.16.0.0/12", "172.31.9.9"));
    assert_false(holds("172.16.0.0/12", "172.32.0.0"));
    assert_true(holds("10.1.2.3/8", "10.9.9.9")); /* what the prefix leaves out does not count */
    assert_true(holds("192.0.2.1/32", "::ffff:192.0.2.1"));
    assert_true(holds("0.0.0.0/0", "203.0.113.9"));
    assert_false(holds("0.0.0.0/0", "2001:db8::1"));
    assert_true(holds("2001:db8::/32", "2001:db8:ffff::1"));
    assert_false(holds("2001:db8::/32", "2001:db9::1"));
    assert_true(holds("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(holds("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(holds("::1/128", "::1"));
    assert_true(holds("::ffff:10.0.0.0/104", "10.1.2.3"));
}

static void test_what_is_no_network(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "/",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/8/8",
        "10.0.0.0/ 8",
        "10.0.0.0/+8",
        "10.0.0.0/0x8",
        "10.0.0.0/0008",
        "10.0.0.0/255.0.0.0",
        "2001:db8::/129",
        "10/8",
        "all",
        "10.0.0.0/8,10.0.0.1",
    };
    struct address_list list = {.count = 0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(address_list_add(&list, slice_of(bad[i])), STATUS_INVALID);
    assert_int_equal(list.count, 0);
}

static void test_a_list_is_bounded(void **state)
{
    (void)state;
    struct address_list list = {.count = 0};
    struct in6_addr last;
    char text[32];
    for (int i = 0; i < ADDRESS_NETWORKS_MAX; i++) {
        snprintf(text, sizeof text, "192.0.2.%d", i);
        assert_int_equal(address_list_add(&list, slice_of(text)), STATUS_OK);
    }
    assert_int_equal(address_list_add(&list, slice_of("10.0.0.1")), STATUS_TOO_LARGE);
    assert_int_equal(address_parse(slice_of(text), &last), STATUS_OK);
    assert_true(address_list_holds(&list, &last));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_are_read_and_written),
        cmocka_unit_test(test_what_is_no_address),
        cmocka_unit_test(test_addresses_of_sockets),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_what_is_no_network),
        cmocka_unit_test(test_a_list_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
