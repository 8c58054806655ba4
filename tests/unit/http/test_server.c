/* SPDX-License-Identifier: Apache-2.0
 *
 * The server as its clients meet it: what it answers, and every way in which it refuses.
 */
#include "server_fixture.h"

#include <curl/curl.h>
#include <jansson.h>

#define HOST "Host: a\r\n"
#define JSON "Content-Type: application/json\r\n"

static void assert_problem(int status, const char *detail)
{
    json_t *json = json_loads(answer_body(), 0, NULL);
    if (json == NULL)
        fail_msg("not JSON: %s", answer.text);
    assert_string_equal(json_string_value(json_object_get(json, "detail")), detail);
    assert_int_equal(answer.status, status);
    assert_string_equal(json_string_value(json_object_get(json, "type")), "about:blank");
    assert_int_equal(json_integer_value(json_object_get(json, "status")), status);
    assert_true(json_is_string(json_object_get(json, "title")));
    assert_true(json_is_string(json_object_get(json, "instance")));
    json_decref(json);
    assert_true(answer_has("Content-Type", "application/problem+json"));
    assert_true(answer_has("Cache-Control", "no-store"));
    assert_true(answer_has("X-Content-Type-Options", "nosniff"));
    assert_non_null(answer_header("X-Request-ID"));
}

static void test_every_kind_answers(void **state)
{
    (void)state;
    static const char *const paths[] = {"/v1/echo", "/v1/later", "/v1/block", "/v1/deferred",
                                        "/v1/together"};
    static const int statuses[] = {202, 202, 200, 202, 200};
    char text[512];
    for (int i = 0; i < 5; i++) {
        snprintf(text, sizeof text,
                 "POST %s HTTP/1.1\r\n" HOST JSON "X-Request-ID: my.id:1_2-3\r\n"
                 "Idempotency-Key: k\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
                 paths[i]);
        assert_int_equal(ask(text), statuses[i]);
        assert_string_equal(answer_body(), "{\"size\":7,\"batch\":false,\"key\":\"k\"}");
        assert_true(answer_has("X-Request-ID", "my.id:1_2-3"));
        assert_true(answer_has("Content-Type", "application/json"));
        assert_true(answer_has("Cache-Control", "no-store"));
    }
}

static void test_unknown_paths_and_methods(void **state)
{
    (void)state;
    ask("GET /nowhere HTTP/1.1\r\n" HOST "\r\n");
    assert_problem(404, "Endpoint not found.");
    ask("POST /v1/nowhere HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}");
    assert_problem(404, "Endpoint not found.");
    ask("GET /v1/echo HTTP/1.1\r\n" HOST "\r\n");
    assert_problem(405, "Method not allowed.");
    assert_true(answer_has("Allow", "POST, PATCH"));
    ask("OPTIONS /v1/users/x/stream HTTP/1.1\r\n" HOST "\r\n");
    assert_problem(405, "Method not allowed.");
    assert_true(answer_has("Allow", "GET, HEAD"));
    ask("DELETE /healthz HTTP/1.1\r\n" HOST "\r\n");
    assert_problem(405, "Method not allowed.");
    ask("OPTIONS * HTTP/1.1\r\n" HOST "\r\n");
    assert_problem(404, "Endpoint not found.");
    assert_int_equal(ask("GET http://example.org/healthz HTTP/1.1\r\n" HOST "\r\n"), 200);
}

static void test_head(void **state)
{
    (void)state;
    int fd = client_connect();
    client_say(fd, "HEAD /healthz HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    char text[2048] = {0};
    size_t size = 0;
    for (ssize_t part; (part = recv(fd, text + size, sizeof text - 1 - size, 0)) > 0;)
        size += (size_t)part;
    close(fd);
    assert_non_null(strstr(text, "HTTP/1.1 200"));
    assert_non_null(strstr(text, "Content-Length: 15\r\n"));
    assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n");
}

static void test_internal_keys(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "X-Internal-Key:\r\n",
        "X-Internal-Key: wrong\r\n",
        "X-Internal-Key: " INTERNAL_KEY_ONE "x\r\n",
        "X-Internal-Key: " INTERNAL_KEY_ONE "\r\nX-Internal-Key: " INTERNAL_KEY_ONE "\r\n",
    };
    char text[512];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(text, sizeof text,
                 "POST /v1/internal HTTP/1.1\r\n" HOST "%sContent-Length: 2\r\n\r\n{}", bad[i]);
        ask(text);
        assert_problem(401, "Invalid or missing internal API key.");
    }
    assert_int_equal(ask("POST /v1/internal HTTP/1.1\r\n" HOST "X-Internal-Key: " INTERNAL_KEY_ONE
                         "\r\nContent-Length: 2\r\n\r\n{}"),
                     202);
    assert_int_equal(ask("POST /v1/internal HTTP/1.1\r\n" HOST "x-internal-key: " INTERNAL_KEY_TWO
                         "\r\nContent-Length: 2\r\n\r\n{}"),
                     202);
}

static int ask_things(const char *target, const char *authorization)
{
    char text[TOKEN_MAX + 1024];
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n" HOST "%s\r\n", target, authorization);
    return ask(text);
}

static void test_tokens(void **state)
{
    (void)state;
    const char *mine = "/v1/users/" USER_11 "/things/t?page=2&page_size=%35&x=y";
    char token[TOKEN_MAX + 1], header[TOKEN_MAX + 128];
    static const char *const bad[] = {
        "",
        "Authorization:\r\n",
        "Authorization: Bearer\r\n",
        "Authorization: Bearer \r\n",
        "Authorization: Basic YTpi\r\n",
        "Authorization: Bearerx\r\n",
        "Authorization: Bearer a.b.c\r\nAuthorization: Bearer a.b.c\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ask_things(mine, bad[i]);
        assert_problem(401, "Invalid or missing authorization header.");
        assert_true(answer_has("WWW-Authenticate", "Bearer"));
    }
    ask_things(mine, "Authorization: Bearer a.b.c\r\n");
    assert_problem(401, "Invalid or expired token.");
    token_for(0x11, -SECOND_US, token);
    snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", token);
    ask_things(mine, header);
    assert_problem(401, "Invalid or expired token.");

    token_for(0x11, HOUR_US, token);
    snprintf(header, sizeof header, "Authorization: bearer  %s\r\n", token);
    assert_int_equal(ask_things(mine, header), 200);
    json_t *json = json_loads(answer_body(), 0, NULL);
    assert_string_equal(json_string_value(json_object_get(json, "user")), USER_11);
    assert_string_equal(json_string_value(json_object_get(json, "thing")), "t");
    assert_string_equal(json_string_value(json_object_get(json, "page")), "2");
    assert_string_equal(json_string_value(json_object_get(json, "page_size")), "5");
    assert_string_equal(json_string_value(json_object_get(json, "email")), "somebody@example.org");
    assert_string_equal(json_string_value(json_object_get(json, "address")), "127.0.0.1");
    json_decref(json);

    ask_things("/v1/users/22222222-2222-2222-2222-222222222222/things/t", header);
    assert_problem(403, "Not allowed for this user.");
    ask_things("/v1/users/me/things/t", header);
    assert_problem(403, "Not allowed for this user.");

    struct uuid user_id;
    memset(user_id.bytes, 0x11, sizeof user_id.bytes);
    assert_int_equal(revocations_add(fixture.revocations, &user_id, 1), STATUS_OK);
    ask_things(mine, header);
    assert_problem(401, "Invalid or expired token.");

    /* The other way of writing the same user. */
    token_for(0xab, HOUR_US, token);
    snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", token);
    assert_int_equal(
        ask_things("/v1/users/ABABABAB-abab-ABAB-abab-%41%42abababABAB/things/t", header), 200);
}

static int ask_either(const char *headers)
{
    char text[TOKEN_MAX + 1024];
    snprintf(text, sizeof text, "POST /v1/either HTTP/1.1\r\n" HOST "%sContent-Length: 2\r\n\r\n{}",
             headers);
    return ask(text);
}

static void test_a_key_or_a_token(void **state)
{
    (void)state;
    char token[TOKEN_MAX + 1], headers[TOKEN_MAX + 256];
    assert_int_equal(ask_either("X-Internal-Key: " INTERNAL_KEY_ONE "\r\n"), 202);
    assert_int_equal(ask_either("X-Internal-Key: " INTERNAL_KEY_ONE
                                "\r\nContent-Type: application/x-ndjson\r\n"),
                     202);
    ask_either("X-Internal-Key: wrong\r\n");
    assert_problem(401, "Invalid or missing authorization header.");
    assert_true(answer_has("WWW-Authenticate", "Bearer"));
    token_for(0x44, HOUR_US, token);
    snprintf(headers, sizeof headers, "X-Internal-Key: wrong\r\nAuthorization: Bearer %s\r\n",
             token);
    assert_int_equal(ask_either(headers), 202);
    snprintf(headers, sizeof headers,
             "Content-Type: application/x-ndjson\r\nAuthorization: Bearer %s\r\n", token);
    ask_either(headers);
    assert_problem(415, "A batch needs an internal key.");
}

static void test_escapes(void **state)
{
    (void)state;
    char token[TOKEN_MAX + 1], header[TOKEN_MAX + 128];
    token_for(0x33, HOUR_US, token);
    snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", token);
#define PREFIX "/v1/users/33333333-3333-3333-3333-333333333333/things/"
    assert_int_equal(ask_things(PREFIX "a%2Fb%20c", header), 200);
    assert_non_null(strstr(answer_body(), "\"thing\":\"a/b c\""));
    assert_int_equal(ask_things(PREFIX "a+b", header), 200);
    assert_non_null(strstr(answer_body(), "\"thing\":\"a+b\""));
    static const char *const bad[] = {PREFIX "%", PREFIX "%4", PREFIX "%zz", PREFIX "a%00b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ask_things(bad[i], header);
        assert_problem(400, "Malformed path.");
    }
    static const char *const queries[] = {PREFIX "t?page=%zz", PREFIX "t?page=1&page=2",
                                          PREFIX "t?page=0000000000000000000000000000000000"
                                                 "0000000000000000000000000000000000001"};
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        ask_things(queries[i], header);
        assert_problem(400, "Malformed query.");
    }
    assert_int_equal(ask_things(PREFIX "t?page&page_size=", header), 200);
}

static void test_names_of_requests(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "X-Request-ID:\r\n",
        "X-Request-ID: a b\r\n",
        "X-Request-ID: <script>\r\n",
        "X-Request-ID: \xC3\xA9\r\n",
        "X-Request-ID: "
        "0123456789012345678901234567890123456789012345678901234567890"
        "1234\r\n"};
    char text[1024], previous[64] = "";
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(text, sizeof text, "GET /healthz HTTP/1.1\r\n" HOST "%s\r\n", bad[i]);
        assert_int_equal(ask(text), 200);
        struct uuid uuid;
        assert_int_equal(uuid_parse(answer_header("X-Request-ID"), 36, &uuid), STATUS_OK);
        assert_memory_not_equal(previous, answer_header("X-Request-ID"), 36);
        memcpy(previous, answer_header("X-Request-ID"), 36);
    }
}

static void test_traceparents(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true},
        {"00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false},
        {"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false},
        {"00-00000000000000000000000000000000-b7ad6b7169203331-01", false},
        {"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false},
        {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", false},
        {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x", false},
        {"00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false},
        {"nonsense", false},
    };
    char token[TOKEN_MAX + 1], text[TOKEN_MAX + 512];
    token_for(0x33, HOUR_US, token);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(text, sizeof text, "Authorization: Bearer %s\r\ntraceparent: %s\r\n", token,
                 cases[i].text);
        assert_int_equal(ask_things(PREFIX "t", text), 200);
        const char *found = strstr(answer_body(), "\"traceparent\":\"");
        assert_non_null(found);
        found += strlen("\"traceparent\":\"");
        assert_int_equal(strncmp(found, cases[i].text, TRACEPARENT_LENGTH) == 0 &&
                             strlen(cases[i].text) == TRACEPARENT_LENGTH,
                         cases[i].good);
        assert_int_equal(strcspn(found, "\""), cases[i].good ? TRACEPARENT_LENGTH : 0);
    }
}

static int ask_body(const char *headers, const char *body)
{
    char text[2048];
    snprintf(text, sizeof text, "POST /v1/echo HTTP/1.1\r\n" HOST "%sContent-Length: %zu\r\n\r\n%s",
             headers, strlen(body), body);
    return ask(text);
}

static void test_media_types(void **state)
{
    (void)state;
    static const char *const good[] = {
        "",
        "Content-Type:\r\n",
        "Content-Type: application/json\r\n",
        "Content-Type: Application/JSON\r\n",
        "Content-Type: application/json;charset=utf-8\r\n",
        "Content-Type: application/json ; charset=UTF-8\r\n",
        "Content-Encoding: identity\r\n",
    };
    static const char *const bad[] = {"text/plain",
                                      "application/jsonx",
                                      "application/xml",
                                      "application/x-www-form-urlencoded",
                                      "json",
                                      "application/",
                                      "multipart/form-data; boundary=x"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(ask_body(good[i], "{}"), 202);
    assert_int_equal(ask_body("Content-Type: application/x-ndjson\r\n", "{}\n"), 202);
    assert_non_null(strstr(answer_body(), "\"batch\":true"));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char header[128];
        snprintf(header, sizeof header, "Content-Type: %s\r\n", bad[i]);
        ask_body(header, "{}");
        assert_problem(415, "Unsupported media type.");
    }
    ask_body("Content-Encoding: gzip\r\n", "{}");
    assert_problem(415, "Unsupported content encoding.");
    ask("POST /v1/later HTTP/1.1\r\n" HOST "Content-Type: application/x-ndjson\r\n"
        "Content-Length: 2\r\n\r\n{}");
    assert_problem(415, "Unsupported media type.");
}

/* Sends a head and then `size` zeros, in chunks or plainly. */
static int ask_long(const char *head, size_t size, bool chunked)
{
    static char block[64 * 1024];
    int fd = client_connect();
    client_say(fd, head);
    for (size_t sent = 0; sent < size;) {
        size_t part = size - sent < sizeof block ? size - sent : sizeof block;
        char line[32];
        snprintf(line, sizeof line, "%zx\r\n", part);
        if ((chunked && !client_say(fd, line)) || !client_send(fd, block, part) ||
            (chunked && !client_say(fd, "\r\n")))
            break;
        sent += part;
    }
    if (chunked)
        client_say(fd, "0\r\n\r\n");
    int status = client_read(fd);
    close(fd);
    return status;
}

static void test_sizes(void **state)
{
    (void)state;
#define ECHO "POST /v1/echo HTTP/1.1\r\n" HOST
    assert_int_equal(ask_long(ECHO "Content-Length: 65536\r\n\r\n", 65536, false), 202);
    assert_non_null(strstr(answer_body(), "\"size\":65536,"));
    assert_int_equal(ask_long(ECHO "Transfer-Encoding: chunked\r\n\r\n", 65536, true), 202);
    assert_non_null(strstr(answer_body(), "\"size\":65536,"));
    assert_int_equal(ask_long(ECHO "Content-Type: application/x-ndjson\r\n"
                                   "Content-Length: 1048576\r\n\r\n",
                              1048576, false),
                     202);
    /* Refused by what is said, before it is sent. */
    ask(ECHO "Content-Length: 65537\r\n\r\n");
    assert_problem(413, "Request body is too large.");
    ask(ECHO "Content-Length: 99999999999999999\r\n\r\n");
    assert_problem(413, "Request body is too large.");
    ask(ECHO "Content-Type: application/x-ndjson\r\nContent-Length: 1048577\r\n\r\n");
    assert_problem(413, "Request body is too large.");
    /* Refused by what came. */
    ask_long(ECHO "Transfer-Encoding: chunked\r\n\r\n", 65537, true);
    assert_problem(413, "Request body is too large.");
    ask_long(ECHO "Transfer-Encoding: chunked\r\n\r\n", 10 * 1024 * 1024, true);
    assert_problem(413, "Request body is too large.");
    ask_long("PATCH /v1/echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 1024 * 1024,
             true);
    assert_problem(413, "Request body is too large.");
    /* Far too much is not read to its end. */
    assert_int_equal(ask_long(ECHO "Transfer-Encoding: chunked\r\n\r\n", 64 * 1024 * 1024, true),
                     0);
}

static void test_refusals_come_before_the_body(void **state)
{
    (void)state;
    int64_t start_us = clock_monotonic_us(clock_system());
    ask("POST /v1/internal HTTP/1.1\r\n" HOST JSON "Content-Length: 1073741824\r\n\r\n");
    assert_problem(401, "Invalid or missing internal API key.");
    assert_true(answer_has("Connection", "close"));
    ask("POST /v1/nowhere HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    assert_problem(404, "Endpoint not found.");
    ask("PATCH /v1/block HTTP/1.1\r\n" HOST "Content-Length: 1073741824\r\n\r\n");
    assert_problem(405, "Method not allowed.");
    assert_true(clock_monotonic_us(clock_system()) - start_us < HTTP_HEADER_DEADLINE_US);
}

static void test_long_headers(void **state)
{
    (void)state;
    static char text[64 * 1024];
    snprintf(text, sizeof text, "GET /healthz HTTP/1.1\r\n" HOST "X: %0*d\r\n\r\n", 7900, 0);
    assert_int_equal(ask(text), 200);
    snprintf(text, sizeof text, "GET /healthz HTTP/1.1\r\n" HOST "X: %0*d\r\n\r\n", 8300, 0);
    ask(text);
    assert_problem(431, "Request headers are too large.");
    /* So long that libmicrohttpd refuses by itself. */
    snprintf(text, sizeof text, "GET /healthz HTTP/1.1\r\n" HOST "X: %0*d\r\n\r\n", 60000, 0);
    assert_int_equal(ask(text), 431);
    snprintf(text, sizeof text, "GET /healthz HTTP/1.1\r\n" HOST "Idempotency-Key: %0*d\r\n\r\n",
             IDEMPOTENCY_KEY_MAX + 1, 0);
    ask(text);
    assert_problem(400, "Idempotency-Key is too long.");
}

static void test_ambiguous_bodies(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "Content-Length: -2\r\n\r\n{}",
        "Content-Length: 2,2\r\n\r\n{}",
        "Content-Length: +2\r\n\r\n{}",
        "Content-Length: 0x2\r\n\r\n{}",
        "Content-Length: 99999999999999999999999\r\n\r\n{}",
    };
    char text[512];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(text, sizeof text, ECHO "%s", bad[i]);
        int status = ask(text);
        if (status != 400 && status != 413)
            fail_msg("%s: %d", bad[i], status);
    }
}

static void test_handlers_refuse(void **state)
{
    (void)state;
    ask("POST /v1/refuse HTTP/1.1\r\n" HOST "\r\n");
    assert_problem(409, "Email already \"registered\".");
    assert_non_null(strstr(answer_body(), "\"instance\":\"/v1/refuse\""));
}

static void test_own_endpoints(void **state)
{
    (void)state;
    assert_int_equal(ask("GET /healthz HTTP/1.1\r\n" HOST "\r\n"), 200);
    assert_string_equal(answer_body(), "{\"status\":\"ok\"}");
    fixture.ready = true;
    assert_int_equal(ask("GET /readyz HTTP/1.1\r\n" HOST "\r\n"), 200);
    assert_string_equal(answer_body(), "{\"status\":\"ok\",\"checks\":{}}");
    fixture.ready = false;
    assert_int_equal(ask("GET /readyz HTTP/1.1\r\n" HOST "\r\n"), 503);
    assert_string_equal(answer_body(), "{\"status\":\"unavailable\",\"checks\":{}}");
    int64_t before = metric_value(METRIC_http_requests, LABEL_client_error);
    int64_t refused = metric_value(METRIC_http_rejected, LABEL_refused);
    assert_int_equal(ask("GET /nowhere HTTP/1.1\r\n" HOST "\r\n"), 404);
    assert_int_equal(metric_value(METRIC_http_requests, LABEL_client_error), before + 1);
    assert_int_equal(metric_value(METRIC_http_rejected, LABEL_refused), refused + 1);
    assert_int_equal(ask("GET /metrics HTTP/1.1\r\n" HOST "\r\n"), 200);
    assert_true(answer_has("Content-Type", "text/plain; version=0.0.4"));
    assert_non_null(strstr(answer_body(), "\necs_http_requests_total{class=\"client_error\"} "));
    assert_non_null(strstr(answer_body(), "\necs_http_request_seconds_count "));
    assert_int_equal(ask("GET /openapi.json HTTP/1.1\r\n" HOST "\r\n"), 200);
    json_t *json = json_loads(answer_body(), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json_object_get(json_object_get(json, "paths"), "/v1/echo"));
    assert_non_null(json_object_get(json_object_get(json, "paths"), "/readyz"));
    json_decref(json);
}

static size_t curl_sink(char *data, size_t size, size_t count, void *argument)
{
    buf_append(argument, data, size * count);
    return size * count;
}

static void test_curl(void **state)
{
    (void)state;
    static char body[1024 * 1024];
    char url[128];
    struct buf got;
    buf_init(&got, 1024);
    memset(body, 'x', sizeof body);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1/echo", http_server_port(fixture.server));
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/x-ndjson");
    headers = curl_slist_append(headers, "Expect: 100-continue");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)WAIT_S);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)sizeof body);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, curl_sink);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &got);
    for (int i = 0; i < 5; i++) {
        long status = 0, connects = -1;
        buf_clear(&got);
        assert_int_equal(curl_easy_perform(curl), CURLE_OK);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &connects);
        assert_int_equal(status, 202);
        assert_int_equal(connects, i == 0 ? 1 : 0);
        assert_non_null(strstr(got.data, "\"size\":1048576,\"batch\":true"));
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    buf_free(&got);
}

static void test_malformed_requests(void **state)
{
    (void)state;
    static const char *const seeds[] = {
        "POST /v1/later HTTP/1.1\r\n" HOST JSON "Content-Length: 7\r\n\r\n{\"a\":1}",
        "POST /v1/echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "GET /v1/users/" USER_11 "/things/a%20b?page=1&page_size=%31 HTTP/1.1\r\n" HOST
        "Authorization: Bearer a.b.c\r\nX-Request-ID: abc\r\n\r\n",
    };
    char text[1024];
    for (int i = 0; i < 600; i++) {
        const char *seed = seeds[i % 3];
        size_t size = unit_mutate(seed, strlen(seed), text, sizeof text);
        int fd = client_connect();
        client_send(fd, text, size);
        shutdown(fd, SHUT_WR);
        int status = client_read(fd);
        close(fd);
        /* 505: libmicrohttpd's own word for an HTTP version that is none. */
        if (status >= 500 && status != 505)
            fail_msg("%d for: %.*s", status, (int)size, text);
    }
    assert_int_equal(ask("GET /healthz HTTP/1.1\r\n" HOST "\r\n"), 200);
}

static void test_unusable_addresses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "256.1.1.1:0", "192.0.2.1:0"};
    struct http_server *server;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct http_options options = {.listen = bad[i],
                                       .threads = 1,
                                       .tables = &sample_table,
                                       .table_count = 1,
                                       .clock = clock_system(),
                                       .entropy = entropy_system(),
                                       .tokens = &fixture.keys,
                                       .revocations = fixture.revocations,
                                       .requests_per_second_max = 1};
        assert_int_equal(http_server_start(&options, &server), STATUS_UNAVAILABLE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_answers),
        cmocka_unit_test(test_unknown_paths_and_methods),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_internal_keys),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_a_key_or_a_token),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_names_of_requests),
        cmocka_unit_test(test_traceparents),
        cmocka_unit_test(test_media_types),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_refusals_come_before_the_body),
        cmocka_unit_test(test_long_headers),
        cmocka_unit_test(test_ambiguous_bodies),
        cmocka_unit_test(test_handlers_refuse),
        cmocka_unit_test(test_own_endpoints),
        cmocka_unit_test(test_curl),
        cmocka_unit_test(test_malformed_requests),
        cmocka_unit_test(test_unusable_addresses),
    };
    return cmocka_run_group_tests(tests, setup_server, teardown_server);
}
