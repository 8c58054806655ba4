/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests that two readers could understand in two ways: each is refused, and its connection ends,
 * so that nothing behind it is taken for a request. And what libmicrohttpd refuses by itself.
 */
#include "server_fixture.h"

#include <jansson.h>

#define HOST "Host: a\r\n"
#define SMUGGLED "GET /healthz HTTP/1.1\r\n" HOST "\r\n"
#define BYTES(text) (text), sizeof(text) - 1

static char received[ANSWER_MAX];

/* Sends bytes and reads until the server closes; returns how many answers there were. */
static int ask_to_the_end(const char *bytes, size_t size)
{
    int fd = client_connect(), count = 0;
    size_t got = 0;
    assert_true(client_send(fd, bytes, size));
    for (ssize_t part; (part = recv(fd, received + got, sizeof received - 1 - got, 0)) != 0;) {
        if (part < 0 && errno == ECONNRESET)
            break;
        if (part < 0)
            fail_msg("not closed within %d s: %s", WAIT_S, received);
        got += (size_t)part;
    }
    close(fd);
    received[got] = '\0';
    for (const char *at = received; (at = strstr(at, "HTTP/1.1 ")) != NULL; at++)
        count++;
    return count;
}

/* One answer, a problem with this status; then the end. */
static void assert_refused_and_closed(const char *bytes, size_t size, int status)
{
    int count = ask_to_the_end(bytes, size);
    const char *body = strstr(received, "\r\n\r\n");
    if (count != 1 || atoi(received + strlen("HTTP/1.1 ")) != status || body == NULL)
        fail_msg("%s\nwas answered, %d times:\n%s", bytes, count, received);
    assert_non_null(strcasestr(received, "\r\nContent-Type: application/problem+json\r\n"));
    assert_non_null(strcasestr(received, "\r\nConnection: close\r\n"));
    json_t *json = json_loads(body, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(json, "status")), status);
    assert_true(json_is_string(json_object_get(json, "detail")));
    assert_true(json_is_string(json_object_get(json, "title")));
    assert_string_equal(json_string_value(json_object_get(json, "type")), "about:blank");
    json_decref(json);
}

static void test_heads_that_are_not_clear(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } heads[] = {
        /* Lengths that one reader sees and another does not. */
        {BYTES("POST /v1/echo HTTP/1.1\r\n" HOST "Content-Length:\r\n 38\r\n\r\n" SMUGGLED)},
        {BYTES("POST /v1/echo HTTP/1.1\r\n" HOST "Content-Length : 38\r\n\r\n" SMUGGLED)},
        {BYTES("POST /v1/echo HTTP/1.1\r\n" HOST "Content-Length\t: 38\r\n\r\n" SMUGGLED)},
        {BYTES("POST /v1/echo HTTP/1.1\r\n" HOST " Content-Length: 38\r\n\r\n" SMUGGLED)},
        {BYTES("POST /v1/echo HTTP/1.1\r\n" HOST "X: y\r\n\tContent-Length: 2\r\n\r\n{}" SMUGGLED)},
        {BYTES("POST /v1/echo HTTP/1.1\r\n" HOST "Content-Length: 3\0008\r\n\r\n" SMUGGLED)},
        {BYTES("POST /v1/echo HTTP/1.1\r\n" HOST "X: \0\r\nContent-Length: 2\r\n\r\n{}" SMUGGLED)},
        {BYTES("POST /v1/echo HTTP/1.1\r\n" HOST "X: a\rContent-Length: 2\r\n\r\n{}" SMUGGLED)},
        {BYTES("POST /v1/echo HTTP/1.1\n" HOST "Content-Length: 2\r\n\r\n{}" SMUGGLED)},
        {BYTES("POST /v1/echo HTTP/1.1\r\n" HOST "Content-Length: 2\n\r\n{}" SMUGGLED)},
        {BYTES("POST /v1/echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\n{}" SMUGGLED)},
        {BYTES("POST /v1/echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED)},
        /* One host, named once. */
        {BYTES("GET /healthz HTTP/1.1\r\n" HOST HOST "\r\n" SMUGGLED)},
        {BYTES("GET /healthz HTTP/1.1\r\n" HOST "Host: b\r\n\r\n" SMUGGLED)},
        {BYTES("GET /healthz HTTP/1.1\r\n\r\n" SMUGGLED)},
        /* One line, three words. */
        {BYTES("GET /healthz\0 HTTP/1.1\r\n" HOST "\r\n" SMUGGLED)},
        {BYTES("GET /healthz\0?page=1 HTTP/1.1\r\n" HOST "\r\n" SMUGGLED)},
        {BYTES("GET /healthz?page=1\0 HTTP/1.1\r\n" HOST "\r\n" SMUGGLED)},
        {BYTES("GET /healthz\0HTTP/1.1 HTTP/1.1\r\n" HOST "\r\n" SMUGGLED)},
        {BYTES("GET /health z HTTP/1.1\r\n" HOST "\r\n" SMUGGLED)},
        {BYTES("GET /health\tz HTTP/1.1\r\n" HOST "\r\n" SMUGGLED)},
        {BYTES("GET /health\177z HTTP/1.1\r\n" HOST "\r\n" SMUGGLED)},
        {BYTES("GET  /healthz HTTP/1.1\r\n" HOST "\r\n" SMUGGLED)},
        {BYTES("G(T /healthz HTTP/1.1\r\n" HOST "\r\n" SMUGGLED)},
        /* Names that are none. */
        {BYTES("GET /healthz HTTP/1.1\r\n" HOST "X Y: z\r\n\r\n" SMUGGLED)},
        {BYTES("GET /healthz HTTP/1.1\r\n" HOST ": z\r\n\r\n" SMUGGLED)},
        {BYTES("GET /healthz HTTP/1.1\r\n" HOST "X\x80: z\r\n\r\n" SMUGGLED)},
    };
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        assert_refused_and_closed(heads[i].bytes, heads[i].size, 400);
}

static void test_what_the_library_refuses(void **state)
{
    (void)state;
    static char text[64 * 1024];
    static const struct {
        const char *text;
        int status;
    } requests[] = {
        {"GET /healthz HTTP/1.1\r\n" HOST "nonsense\r\n\r\n", 400},
        {"GET /healthz\r\n" HOST "\r\n", 400},
        {"GET /healthz HTTP/9.9\r\n" HOST "\r\n", 505},
        {"POST /v1/echo HTTP/1.1\r\n" HOST "Content-Length: ten\r\n\r\n", 400},
        {"POST /v1/echo HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n", 413},
        {"POST /v1/echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 400},
        {"POST /v1/echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
         "ffffffffffffffffff\r\n\r\n",
         413},
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        assert_refused_and_closed(requests[i].text, strlen(requests[i].text), requests[i].status);
    int size =
        snprintf(text, sizeof text, "GET /healthz HTTP/1.1\r\n" HOST "X: %0*d\r\n\r\n", 60000, 0);
    assert_refused_and_closed(text, (size_t)size, 431);
    size = snprintf(text, sizeof text, "GET /%0*d HTTP/1.1\r\n" HOST "\r\n", 60000, 0);
    assert_refused_and_closed(text, (size_t)size, 414);
    size = snprintf(text, sizeof text, "GET /healthz HTTP/1.1\r\n" HOST);
    for (int i = 0; i < 2000; i++)
        size += snprintf(text + size, sizeof text - (size_t)size, "X%d:\r\n", i);
    size += snprintf(text + size, sizeof text - (size_t)size, "\r\n");
    assert_refused_and_closed(text, (size_t)size, 431);
    assert_non_null(strstr(received, "\"detail\":\"Request headers are too large.\""));
    size = snprintf(text, sizeof text, "GET /healthz HTTP/1.1\r\n" HOST "Cookie: a=b");
    for (int i = 0; i < 1000; i++)
        size += snprintf(text + size, sizeof text - (size_t)size, "; a%d=b", i);
    size += snprintf(text + size, sizeof text - (size_t)size, "\r\n\r\n");
    assert_refused_and_closed(text, (size_t)size, 431);
    /* Arguments that hide behind a zero: the library runs out of memory for them. */
    size = snprintf(text, sizeof text, "GET /healthz%c?", '\0');
    for (int i = 0; i < 4000; i++)
        size += snprintf(text + size, sizeof text - (size_t)size, "a&");
    size += snprintf(text + size, sizeof text - (size_t)size, " HTTP/1.1\r\n" HOST "\r\n");
    assert_refused_and_closed(text, (size_t)size, 431);
    assert_int_equal(ask(SMUGGLED), 200);
}

static void test_what_follows_a_refusal_is_no_request(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int status;
    } requests[] = {
        {"POST /v1/nowhere HTTP/1.1\r\n" HOST "Content-Length: 38\r\n\r\n" SMUGGLED, 404},
        {"POST /v1/internal HTTP/1.1\r\n" HOST "Content-Length: 38\r\n\r\n" SMUGGLED, 401},
        {"PATCH /v1/block HTTP/1.1\r\n" HOST "Content-Length: 038\r\n\r\n" SMUGGLED, 405},
        {"GET /v1/nowhere HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
         "26\r\n" SMUGGLED "\r\n0\r\n\r\n",
         404},
        {"POST /v1/echo HTTP/1.1\r\n" HOST "Content-Length: 99999999\r\n\r\n" SMUGGLED, 413},
        {"POST /v1/echo HTTP/1.1\r\n" HOST
         "Content-Encoding: gzip\r\nContent-Length: 38\r\n\r\n" SMUGGLED,
         415},
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        assert_refused_and_closed(requests[i].text, strlen(requests[i].text), requests[i].status);
}

/* The answer to a refused request arrives, though the body was not read. */
static void test_a_refusal_arrives(void **state)
{
    (void)state;
    static char body[60 * 1024];
    for (int i = 0; i < 20; i++) {
        int fd = client_connect();
        client_say(fd, "POST /v1/internal HTTP/1.1\r\n" HOST "Content-Length: 61440\r\n\r\n");
        client_send(fd, body, sizeof body);
        assert_int_equal(client_read(fd), 401);
        close(fd);
    }
}

static void things_request(char *text, size_t size, const char *target)
{
    char token[TOKEN_MAX + 1];
    token_for(0x11, HOUR_US, token);
    snprintf(text, size, "GET %s HTTP/1.1\r\n" HOST "Authorization: Bearer %s\r\n\r\n", target,
             token);
}

static void test_many_arguments(void **state)
{
    (void)state;
    static char target[HTTP_HEADERS_MAX], text[2 * HTTP_HEADERS_MAX];
    size_t size = (size_t)snprintf(target, sizeof target, "/v1/users/" USER_11 "/things/t?");
    for (int i = 0; i < 500; i++)
        size += (size_t)snprintf(target + size, sizeof target - size, "a%d=b&&=&c&", i);
    snprintf(target + size, sizeof target - size, "page=7");
    things_request(text, sizeof text, target);
    assert_int_equal(ask(text), 200);
    assert_non_null(strstr(answer_body(), "\"page\":\"7\""));
}

static void test_keys_are_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *loc;
    } requests[] = {
        {"POST /v1/echo HTTP/1.1\r\n" HOST
         "Idempotency-Key: \xff\xfe\r\nContent-Length: 2\r\n\r\n{}",
         "[\"header\",\"Idempotency-Key\"]"},
        {"POST /v1/internal HTTP/1.1\r\n" HOST
         "X-Internal-Key: \xe4\r\nContent-Length: 2\r\n\r\n{}",
         "[\"header\",\"X-Internal-Key\"]"},
        {"GET /v1/users/" USER_11 "/things/%ff%fe HTTP/1.1\r\n" HOST "\r\n",
         "[\"path\",\"thing_id\"]"},
        {"GET /v1/users/\xc0\xaf/things/t HTTP/1.1\r\n" HOST "\r\n", "[\"path\",\"user_id\"]"},
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        assert_int_equal(ask(requests[i].text), 422);
        assert_non_null(strstr(answer_body(), requests[i].loc));
        assert_non_null(strstr(answer_body(), "\"msg\":\"Input should be valid UTF-8\""));
    }
    assert_int_equal(ask("POST /v1/echo HTTP/1.1\r\n" HOST
                         "Idempotency-Key: \xc3\xa9\r\nContent-Length: 2\r\n\r\n{}"),
                     202);
    char text[TOKEN_MAX + 256];
    things_request(text, sizeof text, "/v1/users/" USER_11 "/things/t?page=%ff");
    assert_int_equal(ask(text), 400);
    assert_non_null(strstr(answer_body(), "\"detail\":\"Malformed query.\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads_that_are_not_clear),
        cmocka_unit_test(test_what_the_library_refuses),
        cmocka_unit_test(test_what_follows_a_refusal_is_no_request),
        cmocka_unit_test(test_a_refusal_arrives),
        cmocka_unit_test(test_many_arguments),
        cmocka_unit_test(test_keys_are_text),
    };
    return cmocka_run_group_tests(tests, setup_server, teardown_server);
}
