/* SPDX-License-Identifier: Apache-2.0 */
#include "server_fixture.h"

#include "http/head.h"

#define PROXY "10.0.0.1"
#define SECOND_PROXY "2001:db8:10::2"

static const char *const trusted[] = {"10.0.0.0/8", "2001:db8:10::/48"};

/* Who asked, by what a peer says. */
static const char *client_of(const char *peer, const char *forwarded_for)
{
    static char text[INET6_ADDRSTRLEN];
    struct address_list proxies = {.count = 0};
    struct in6_addr address;
    for (size_t i = 0; i < sizeof trusted / sizeof trusted[0]; i++)
        assert_int_equal(address_list_add(&proxies, slice_of(trusted[i])), STATUS_OK);
    assert_int_equal(address_parse(slice_of(peer), &address), STATUS_OK);
    address = headers_client(&proxies, address, slice_of(forwarded_for));
    address_format(&address, text);
    return text;
}

static void test_a_proxy_names_its_client(void **state)
{
    (void)state;
    static const char *const said[][2] = {
        {"192.0.2.1", "192.0.2.1"},
        {" \t192.0.2.1 ", "192.0.2.1"},
        {"2001:DB8::1", "2001:db8::1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"192.0.2.1:4711", "192.0.2.1"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"[2001:db8::1]:4711", "2001:db8::1"},
        /* What the client itself sent stands further left. */
        {"203.0.113.9, 192.0.2.1", "192.0.2.1"},
        {"unknown,,x,192.0.2.1", "192.0.2.1"},
        /* A chain of proxies, each of which names who asked it. */
        {"203.0.113.9, 192.0.2.1, 10.0.0.7", "192.0.2.1"},
        {"192.0.2.1," SECOND_PROXY ",10.9.9.9,10.0.0.7", "192.0.2.1"},
        /* A client inside a trusted network. */
        {"10.0.0.9", "10.0.0.9"},
    };
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        assert_string_equal(client_of(PROXY, said[i][0]), said[i][1]);
        assert_string_equal(client_of(SECOND_PROXY, said[i][0]), said[i][1]);
    }
}

static void test_nobody_else_is_believed(void **state)
{
    (void)state;
    assert_string_equal(client_of("192.0.2.7", "203.0.113.9"), "192.0.2.7");
    assert_string_equal(client_of("192.0.2.7", "203.0.113.9, " PROXY), "192.0.2.7");
    assert_string_equal(client_of("2001:db8::7", PROXY), "2001:db8::7");
}

static void test_what_is_no_address_ends_the_search(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        ",",
        "unknown",
        "_hidden",
        "192.0.2.1;",
        "192.0.2.256",
        "[192.0.2.1",
        "203.0.113.9,",
        "203.0.113.9, unknown",
        "203.0.113.9 192.0.2.1",
        "]",
        "[",
        "[]",
        ":",
        "::::",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_string_equal(client_of(PROXY, bad[i]), PROXY);
    assert_string_equal(client_of(PROXY, "203.0.113.9, unknown, 10.0.0.7"), "10.0.0.7");
}

static void test_a_long_list_is_read_for_some_hops(void **state)
{
    (void)state;
    char text[4096] = "192.0.2.1";
    for (int i = 1; i < PROXY_HOPS_MAX; i++)
        strcat(text, ",10.0.0.2");
    assert_string_equal(client_of(PROXY, text), "192.0.2.1");
    strcat(text, ",10.0.0.2");
    assert_string_equal(client_of(PROXY, text), "10.0.0.2");
    memset(text, '1', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_string_equal(client_of(PROXY, text), PROXY);
}

/* Through a server: the address that handlers see. */
static const char *address_seen(const char *headers)
{
    static char seen[INET6_ADDRSTRLEN];
    char token[TOKEN_MAX + 1], text[TOKEN_MAX + 1024];
    token_for(0x11, HOUR_US, token);
    snprintf(text, sizeof text,
             "GET /v1/users/" USER_11 "/things/t HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
             "Authorization: Bearer %s\r\n%s\r\n",
             token, headers);
    assert_int_equal(ask(text), 200);
    const char *value = strstr(answer_body(), "\"address\":\"");
    assert_non_null(value);
    assert_int_equal(sscanf(value, "\"address\":\"%45[0-9a-f:.]", seen), 1);
    return seen;
}

static void test_a_server_without_proxies_ignores_the_header(void **state)
{
    (void)state;
    server_start(1, 1000);
    assert_string_equal(address_seen(""), "127.0.0.1");
    assert_string_equal(address_seen("X-Forwarded-For: 192.0.2.1\r\n"), "127.0.0.1");
}

static void test_a_server_believes_its_proxies(void **state)
{
    (void)state;
    assert_int_equal(address_list_add(&fixture.proxies, slice_of("127.0.0.0/8")), STATUS_OK);
    server_start(1, 1000);
    assert_string_equal(address_seen(""), "127.0.0.1");
    assert_string_equal(address_seen("x-forwarded-for: 192.0.2.1\r\n"), "192.0.2.1");
    assert_string_equal(
        address_seen("X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 2001:db8::1\r\n"),
        "2001:db8::"); /* limits are for all of the /64 network */
}

static int ask_from(const char *client)
{
    char text[256];
    snprintf(text, sizeof text, "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: %s\r\n\r\n",
             client);
    return ask(text);
}

static void test_clients_behind_a_proxy_are_limited_one_by_one(void **state)
{
    (void)state;
    assert_int_equal(address_list_add(&fixture.proxies, slice_of("127.0.0.1")), STATUS_OK);
    server_start(1, 5);
    wait_until(ask_from("192.0.2.1") == 429); /* within one second of the clock */
    assert_int_equal(ask_from("192.0.2.2"), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_proxy_names_its_client),
        cmocka_unit_test(test_nobody_else_is_believed),
        cmocka_unit_test(test_what_is_no_address_ends_the_search),
        cmocka_unit_test(test_a_long_list_is_read_for_some_hops),
        cmocka_unit_test_teardown(test_a_server_without_proxies_ignores_the_header,
                                  teardown_server),
        cmocka_unit_test_teardown(test_a_server_believes_its_proxies, teardown_server),
        cmocka_unit_test_teardown(test_clients_behind_a_proxy_are_limited_one_by_one,
                                  teardown_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
