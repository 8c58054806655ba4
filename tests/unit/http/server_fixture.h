/* SPDX-License-Identifier: Apache-2.0
 *
 * A real server on a free port with sample endpoints of every kind, and a client of raw sockets,
 * so that tests can send what no HTTP library would.
 */
#ifndef ECS_TESTS_UNIT_HTTP_SERVER_FIXTURE_H
#define ECS_TESTS_UNIT_HTTP_SERVER_FIXTURE_H

#include "../unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "adapters/clock.h"
#include "adapters/entropy.h"
#include "base/json_put.h"
#include "http/server.h"
#include "process/metrics.h"

/* No test needs all of this. */
#pragma GCC diagnostic ignored "-Wunused-function"

#define INTERNAL_KEY_ONE "first-internal-key-of-32-bytes-or-more"
#define INTERNAL_KEY_TWO "second-internal-key-of-32-bytes-or-so!"

enum { ANSWER_MAX = 256 * 1024, WAIT_S = 20 };

/* A clock that runs, and that a test may move on. */
struct shifted_clock {
    struct clock base;
    _Atomic int64_t shift_us;
    bool stands; /* the time of deadlines is only moved, so that a slow machine misses none */
};

static int64_t shifted_now_us(struct clock *clock)
{
    return clock_now_us(clock_system()) + ((struct shifted_clock *)clock)->shift_us;
}

static int64_t shifted_monotonic_us(struct clock *clock)
{
    struct shifted_clock *shifted = (struct shifted_clock *)clock;
    return (shifted->stands ? HOUR_US : clock_monotonic_us(clock_system())) + shifted->shift_us;
}

static const struct clock_ops shifted_ops = {shifted_now_us, shifted_monotonic_us, shifted_now_us};

/* What the sample endpoints work with, and the server they run in. */
static struct {
    struct http_server *server;
    struct shifted_clock clock;
    struct token_keys keys;
    struct revocations *revocations;
    struct address_list proxies; /* trusted by servers that are started from now on */
    pthread_t completer;
    pthread_t drainer;
    bool drains; /* the drainer was started */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct exchange *waiting[HTTP_CONNECTIONS_MAX]; /* /v1/later: done by the completer */
    size_t waiting_count;
    bool hold; /* the completer and /v1/block wait */
    bool stopping;
    int blocked;         /* handlers that wait in /v1/block or /v1/together */
    int together;        /* exchanges that one of the latter had at most */
    int64_t events_last; /* the newest event there is */
    bool events_refuse;
    _Atomic bool ready;
    _Atomic int64_t handled;
} fixture = {.clock = {.base = {&shifted_ops}}};

static void answer_size(struct exchange *exchange)
{
    struct buf *json = &exchange->response.body;
    json_put_open(json, NULL, '{');
    json_put_integer(json, "size", (int64_t)exchange->request.body.size);
    json_put_boolean(json, "batch", exchange->request.is_batch);
    json_put_bytes(json, "key", exchange->request.idempotency_key);
    json_put_close(json, '}');
    fixture.handled++;
}

static void handle_echo(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    answer_size(exchange);
    exchange_done(exchange);
}

static void handle_later(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    pthread_mutex_lock(&fixture.lock);
    fixture.waiting[fixture.waiting_count++] = exchange;
    pthread_cond_broadcast(&fixture.changed);
    pthread_mutex_unlock(&fixture.lock);
}

static void *complete(void *argument)
{
    (void)argument;
    pthread_mutex_lock(&fixture.lock);
    while (!fixture.stopping || fixture.waiting_count > 0) {
        if (fixture.waiting_count == 0 || fixture.hold) {
            pthread_cond_wait(&fixture.changed, &fixture.lock);
            continue;
        }
        struct exchange *exchange = fixture.waiting[--fixture.waiting_count];
        pthread_mutex_unlock(&fixture.lock);
        answer_size(exchange);
        exchange_done(exchange);
        pthread_mutex_lock(&fixture.lock);
    }
    pthread_mutex_unlock(&fixture.lock);
    return NULL;
}

static void handle_block(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    pthread_mutex_lock(&fixture.lock);
    fixture.blocked++;
    while (fixture.hold)
        pthread_cond_wait(&fixture.changed, &fixture.lock);
    fixture.blocked--;
    pthread_mutex_unlock(&fixture.lock);
    answer_size(exchange);
}

static size_t handle_together(struct role_context *context, struct exchange *exchanges[],
                              size_t count)
{
    (void)context;
    pthread_mutex_lock(&fixture.lock);
    fixture.together = (int)count > fixture.together ? (int)count : fixture.together;
    fixture.blocked++;
    while (fixture.hold)
        pthread_cond_wait(&fixture.changed, &fixture.lock);
    fixture.blocked--;
    pthread_mutex_unlock(&fixture.lock);
    while (count-- > 0) {
        assert_true(exchanges[count]->may_block);
        answer_size(exchanges[count]);
        exchange_done(exchanges[count]);
    }
    return REQUESTS_AT_ONCE_MAX;
}

/* Waits where no handler should: whatever is asked of the same thread waits as well. */
static void handle_stall(struct role_context *context, struct exchange *exchange)
{
    handle_block(context, exchange);
    exchange_done(exchange);
}

/* Answers on a pool thread, whoever was asked first. */
static void handle_deferred(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    if (!exchange->may_block) {
        exchange_defer(exchange);
        return;
    }
    answer_size(exchange);
    exchange_done(exchange);
}

static void handle_things(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    const struct request *request = &exchange->request;
    struct buf *json = &exchange->response.body;
    json_put_open(json, NULL, '{');
    json_put_bytes(json, "user", request->path_parameters[0]);
    json_put_bytes(json, "thing", request->path_parameters[1]);
    json_put_bytes(json, "page", request->query_page);
    json_put_bytes(json, "page_size", request->query_page_size);
    json_put_text(json, "email", request->principal.email);
    json_put_bytes(json, "address", request->remote_address);
    json_put_text(json, "traceparent", request->traceparent);
    json_put_close(json, '}');
}

static void handle_refuse(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    buf_text(&exchange->response.body, "half an answ");
    response_error(&exchange->response, STATUS_CONFLICT, "Email already \"registered\".");
    exchange_done(exchange);
}

static void handle_stream(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    pthread_mutex_lock(&fixture.lock);
    if (fixture.events_refuse)
        response_error(&exchange->response, STATUS_UNAVAILABLE, "No.");
    int64_t *last = &exchange->request.last_event_id;
    for (int count = 0; !fixture.events_refuse && *last < fixture.events_last && count < 100;
         count++) {
        ++*last;
        buf_printf(&exchange->response.body, "id: %lld\ndata: {\"n\":%lld}\n\n", (long long)*last,
                   (long long)*last);
    }
    pthread_mutex_unlock(&fixture.lock);
}

#define ANY_OBJECT "openapi/object.json"

static const struct endpoint sample_endpoints[] = {
    {
        .method = METHOD_POST,
        .path = "/v1/echo",
        .auth = AUTH_NONE,
        .kind = ENDPOINT_ASYNC,
        .batch = true,
        .handle = handle_echo,
        .summary = "Tells the size.",
        .request_schema = ANY_OBJECT,
        .success = 202,
        .response_schema = ANY_OBJECT,
    },
    {
        .method = METHOD_POST,
        .path = "/v1/later",
        .auth = AUTH_NONE,
        .kind = ENDPOINT_ASYNC,
        .handle = handle_later,
        .summary = "Tells the size, later.",
        .request_schema = ANY_OBJECT,
        .success = 202,
        .response_schema = ANY_OBJECT,
        .errors = "503",
    },
    {
        .method = METHOD_POST,
        .path = "/v1/block",
        .auth = AUTH_NONE,
        .kind = ENDPOINT_BLOCKING,
        .handle = handle_block,
        .summary = "Tells the size from a pool thread.",
        .request_schema = ANY_OBJECT,
        .success = 200,
        .response_schema = ANY_OBJECT,
    },
    {
        .method = METHOD_POST,
        .path = "/v1/together",
        .auth = AUTH_NONE,
        .handle_batch = handle_together,
        .summary = "Tells the size, of all that wait.",
        .request_schema = ANY_OBJECT,
        .response_schema = ANY_OBJECT,
    },
    {
        .method = METHOD_POST,
        .path = "/v1/stall",
        .auth = AUTH_NONE,
        .kind = ENDPOINT_ASYNC,
        .handle = handle_stall,
        .summary = "Tells the size from the thread that serves the connection.",
        .request_schema = ANY_OBJECT,
        .success = 200,
        .response_schema = ANY_OBJECT,
    },
    {
        .method = METHOD_PATCH,
        .path = "/v1/echo",
        .auth = AUTH_NONE,
        .kind = ENDPOINT_ASYNC,
        .handle = handle_echo,
        .summary = "The same.",
        .request_schema = ANY_OBJECT,
        .success = 200,
        .response_schema = ANY_OBJECT,
    },
    {
        .method = METHOD_POST,
        .path = "/v1/internal",
        .auth = AUTH_INTERNAL,
        .kind = ENDPOINT_ASYNC,
        .internal = true,
        .handle = handle_echo,
        .summary = "For producers.",
        .request_schema = ANY_OBJECT,
        .success = 202,
        .response_schema = ANY_OBJECT,
    },
    {
        .method = METHOD_POST,
        .path = "/v1/deferred",
        .auth = AUTH_NONE,
        .kind = ENDPOINT_ASYNC,
        .handle = handle_deferred,
        .summary = "Tells the size from a pool thread, after a look at it.",
        .request_schema = ANY_OBJECT,
        .success = 202,
        .response_schema = ANY_OBJECT,
    },
    {
        .method = METHOD_POST,
        .path = "/v1/either",
        .auth = AUTH_USER_OR_INTERNAL,
        .kind = ENDPOINT_ASYNC,
        .batch = true,
        .handle = handle_echo,
        .summary = "For producers and persons.",
        .request_schema = ANY_OBJECT,
        .success = 202,
        .response_schema = ANY_OBJECT,
    },
    {
        .method = METHOD_GET,
        .path = "/v1/users/{user_id}/things/{thing_id}",
        .auth = AUTH_USER,
        .kind = ENDPOINT_BLOCKING,
        .paged = true,
        .handle = handle_things,
        .summary = "Tells what it was asked.",
        .success = 200,
        .response_schema = ANY_OBJECT,
        .errors = "404",
    },
    {
        .method = METHOD_POST,
        .path = "/v1/refuse",
        .auth = AUTH_NONE,
        .kind = ENDPOINT_ASYNC,
        .handle = handle_refuse,
        .summary = "Refuses.",
        .success = 200,
        .response_schema = ANY_OBJECT,
        .errors = "409",
    },
    {
        .method = METHOD_GET,
        .path = "/v1/users/{user_id}/stream",
        .auth = AUTH_USER,
        .kind = ENDPOINT_EVENTS,
        .handle = handle_stream,
        .summary = "Numbers as they come.",
        .success = 200,
    },
};
static const struct endpoint_table sample_table = {
    sample_endpoints, sizeof sample_endpoints / sizeof sample_endpoints[0]};

static bool sample_readiness(void *context, struct buf *json)
{
    (void)context;
    json_put_open(json, NULL, '{');
    json_put_text(json, "status", fixture.ready ? "ok" : "unavailable");
    json_put_raw(json, "checks", slice_of("{}"));
    json_put_close(json, '}');
    return fixture.ready;
}

/* Server --------------------------------------------------------------------------------- */

static void server_start(int threads, int64_t rate)
{
    static struct role_context *const contexts[] = {NULL, NULL};
    static const struct internal_key internal_keys[] = {
        {INTERNAL_KEY_ONE, ""}, {INTERNAL_KEY_TWO, "bank"}, {0}};
    fixture.keys = (struct token_keys){1, {"a-secret-of-more-than-thirty-two-bytes"}};
    fixture.revocations = revocations_create();
    fixture.stopping = fixture.hold = fixture.events_refuse = false;
    fixture.events_last = fixture.waiting_count = 0;
    fixture.clock.shift_us = 0;
    pthread_mutex_init(&fixture.lock, NULL);
    pthread_cond_init(&fixture.changed, NULL);
    assert_int_equal(pthread_create(&fixture.completer, NULL, complete, NULL), 0);
    struct http_options options = {
        .listen = "127.0.0.1:0",
        .threads = threads,
        .tables = &sample_table,
        .table_count = 1,
        .pool_contexts = contexts,
        .pool_count = 2,
        .tokens = &fixture.keys,
        .revocations = fixture.revocations,
        .internal_keys = internal_keys,
        .clock = &fixture.clock.base,
        .entropy = entropy_system(),
        .requests_per_second_max = rate,
        .person_requests_per_second_max = 1000000,
        .proxies = &fixture.proxies,
        .readiness = sample_readiness,
    };
    assert_int_equal(http_server_start(&options, &fixture.server), STATUS_OK);
    assert_true(http_server_port(fixture.server) > 0);
}

static void hold(bool held)
{
    pthread_mutex_lock(&fixture.lock);
    fixture.hold = held;
    pthread_cond_broadcast(&fixture.changed);
    pthread_mutex_unlock(&fixture.lock);
}

/* How many handlers wait for the end of hold(). */
static int blocked(void)
{
    pthread_mutex_lock(&fixture.lock);
    int count = fixture.blocked;
    pthread_mutex_unlock(&fixture.lock);
    return count;
}

static void *drain(void *argument)
{
    (void)argument;
    http_server_drain(fixture.server, WAIT_S * SECOND_US);
    return NULL;
}

/* Begins to end the server; server_stop goes on from there. */
static void server_drain_start(void)
{
    assert_int_equal(pthread_create(&fixture.drainer, NULL, drain, NULL), 0);
    fixture.drains = true;
}

/* Wherever a test ended: what waits is let go, so that no thread outlives the server. */
static void server_stop(void)
{
    hold(false);
    if (!fixture.drains)
        server_drain_start();
    pthread_join(fixture.drainer, NULL);
    fixture.drains = false;
    http_server_stop(fixture.server);
    fixture.server = NULL;
    pthread_mutex_lock(&fixture.lock);
    fixture.stopping = true;
    pthread_cond_broadcast(&fixture.changed);
    pthread_mutex_unlock(&fixture.lock);
    pthread_join(fixture.completer, NULL);
    pthread_cond_destroy(&fixture.changed);
    pthread_mutex_destroy(&fixture.lock);
    revocations_destroy(fixture.revocations);
}

static int setup_server(void **state)
{
    (void)state;
    server_start(2, 1000000);
    return 0;
}

static int teardown_server(void **state)
{
    (void)state;
    if (fixture.server != NULL)
        server_stop();
    fixture.proxies.count = 0;
    return 0;
}

/* Client --------------------------------------------------------------------------------- */

struct answer {
    int status; /* 0: the connection ended without one */
    size_t head_size;
    size_t body_size;
    size_t received; /* bytes read in all: more than the answer if the next one came too */
    char text[ANSWER_MAX];
};

static struct answer answer;

/* From 127.0.0.`host`. */
static int client_connect_from(uint8_t host)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)http_server_port(fixture.server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_true(fd >= 0);
    /* The port is chosen by connect: those of connections that have just ended can be used again
     * to another server. */
    int later = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &later, sizeof later);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    struct timeval wait = {.tv_sec = WAIT_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    return fd;
}

static int client_connect(void)
{
    return client_connect_from(1);
}

/* False if the peer has closed. */
static bool client_send(int fd, const void *data, size_t size)
{
    for (size_t sent = 0; sent < size;) {
        ssize_t part = send(fd, (const char *)data + sent, size - sent, MSG_NOSIGNAL);
        if (part <= 0)
            return false;
        sent += (size_t)part;
    }
    return true;
}

static bool client_say(int fd, const char *text)
{
    return client_send(fd, text, strlen(text));
}

/* Where the header's value begins in the answer; NULL if it is not there. */
static const char *answer_header(const char *name)
{
    char line[128];
    snprintf(line, sizeof line, "\r\n%s: ", name);
    const char *found = strcasestr(answer.text, line);
    return found != NULL && found < answer.text + answer.head_size ? found + strlen(line) : NULL;
}

static bool answer_has(const char *name, const char *value)
{
    const char *found = answer_header(name);
    return found != NULL && strncmp(found, value, strlen(value)) == 0 &&
           found[strlen(value)] == '\r';
}

static const char *answer_body(void)
{
    return answer.text + answer.head_size;
}

/* Reads one answer to its end; whatever follows it stays in the socket or is counted. */
static int client_read(int fd)
{
    memset(&answer, 0, offsetof(struct answer, text) + 1);
    size_t expected = SIZE_MAX;
    while (answer.received < expected) {
        size_t want = answer.head_size == 0 ? 1 : expected - answer.received;
        ssize_t part = recv(fd, answer.text + answer.received, want, 0);
        if (part < 0 && errno != ECONNRESET)
            fail_msg("no answer within %d s (got %zu bytes)", WAIT_S, answer.received);
        if (part <= 0)
            break;
        answer.received += (size_t)part;
        assert_true(answer.received < ANSWER_MAX);
        answer.text[answer.received] = '\0';
        if (answer.head_size == 0 && answer.received >= 4 &&
            strcmp(answer.text + answer.received - 4, "\r\n\r\n") == 0) {
            answer.head_size = answer.received;
            answer.status = atoi(answer.text + strlen("HTTP/1.1 "));
            const char *length = answer_header("Content-Length");
            answer.body_size = length == NULL ? 0 : (size_t)atoi(length);
            expected = answer.head_size + answer.body_size;
        }
    }
    return answer.status;
}

/* Sends a request on a new connection and reads the answer. */
static int ask(const char *text)
{
    int fd = client_connect();
    client_say(fd, text);
    int status = client_read(fd);
    close(fd);
    return status;
}

/* All bytes are the number; of a large one, the first byte is its high byte. */
static struct uuid user(unsigned number)
{
    struct uuid uuid;
    memset(uuid.bytes, (int)(number & 0xFF), sizeof uuid.bytes);
    if (number > 0xFF)
        uuid.bytes[0] = (uint8_t)(number >> 8);
    return uuid;
}

/* The token has the number of its user. */
static void token_for(unsigned number, int64_t life_us, char text[TOKEN_MAX + 1])
{
    int64_t now_us = clock_now_us(&fixture.clock.base);
    struct principal principal = {
        .user_id = user(number), .token_id = user(number), .token_expires_at_us = now_us + life_us};
    strcpy(principal.email, "somebody@example.org");
    assert_int_equal(token_sign(&fixture.keys, &principal, now_us, text), STATUS_OK);
}

#define USER_11 "11111111-1111-1111-1111-111111111111"

/* Waits for a condition, WAIT_S at most. */
#define wait_until(condition)                                                                      \
    do {                                                                                           \
        const struct timespec pause_ = {.tv_nsec = 1000000};                                       \
        int left_ = WAIT_S * 1000;                                                                 \
        while (!(condition) && left_-- > 0)                                                        \
            nanosleep(&pause_, NULL);                                                              \
        assert_true(condition);                                                                    \
    } while (0)

#endif
