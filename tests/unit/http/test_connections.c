/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections that go on, and clients that take their time: each is cut at its deadline, however
 * busy it looks.
 */
#include "server_fixture.h"

#include "http/server_state.h"

#define HOST "Host: a\r\n"
#define ECHO "POST /v1/echo HTTP/1.1\r\n" HOST

/* Whether the server ends the connection while we keep dripping, and time goes on. */
static bool is_cut(int fd, const char *drip)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    for (int i = 0; i < WAIT_S * 200; i++) {
        char byte;
        if (!client_say(fd, drip))
            return true;
        ssize_t got = recv(fd, &byte, 1, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno == ECONNRESET))
            return true;
        fixture.clock.shift_us += SECOND_US / 10;
        nanosleep(&pause, NULL);
    }
    return false;
}

static bool let_pass(int64_t duration_us)
{
    fixture.clock.shift_us += duration_us;
    return true;
}

static bool is_ended(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static bool is_open(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
}

/* Lets more time pass than headers may take, and a turn of the housekeeper: it is over when a
 * connection that says nothing has been cut. */
static void pass_header_deadline(void)
{
    char text[] = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", byte;
    int silent = client_connect();
    /* The server has two threads, which take connections in turn: when it has answered two more, it
     * knows the silent one. */
    assert_int_equal(ask(text), 200);
    assert_int_equal(ask(text), 200);
    fixture.clock.shift_us += HTTP_HEADER_DEADLINE_US + SECOND_US;
    assert_int_equal(recv(silent, &byte, 1, 0), 0);
    close(silent);
}

static void test_slow_headers(void **state)
{
    (void)state;
    int fd = client_connect();
    client_say(fd, "GET /healthz HTTP/1.1\r\nHost: a\r\n");
    fixture.clock.shift_us += HTTP_HEADER_DEADLINE_US + SECOND_US;
    assert_true(is_cut(fd, "X: y\r\n"));
    close(fd);
}

static void test_slow_request_line(void **state)
{
    (void)state;
    int fd = client_connect();
    client_say(fd, "GET /");
    fixture.clock.shift_us += HTTP_HEADER_DEADLINE_US + SECOND_US;
    assert_true(is_cut(fd, "a"));
    close(fd);
}

static void test_slow_body(void **state)
{
    (void)state;
    int fd = client_connect();
    client_say(fd, "POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n"
                   "Expect: 100-continue\r\n\r\n");
    assert_int_equal(client_read(fd), 100); /* the headers have been read */
    client_say(fd, "{");
    /* The deadline of the headers does not end a body. */
    pass_header_deadline();
    assert_true(is_open(fd));
    fixture.clock.shift_us += HTTP_BODY_DEADLINE_US;
    assert_true(is_cut(fd, " "));
    close(fd);
}

static void test_second_request_is_timed_too(void **state)
{
    (void)state;
    int fd = client_connect();
    client_say(fd, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(client_read(fd), 200);
    /* Idle between two requests: longer than headers may take. */
    pass_header_deadline();
    assert_true(is_open(fd));
    client_say(fd, "GET /healthz HTTP/1.1\r\nHost: a\r\n");
    fixture.clock.shift_us += HTTP_IDLE_DEADLINE_US;
    assert_true(is_cut(fd, "X: y\r\n"));
    close(fd);
}

static void test_idle_connections_end(void **state)
{
    (void)state;
    int fd = client_connect();
    client_say(fd, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(client_read(fd), 200);
    /* The answer may be here before the server has begun to count. */
    wait_until(let_pass(HTTP_IDLE_DEADLINE_US) && is_ended(fd));
    close(fd);
}

static size_t waiting(void)
{
    pthread_mutex_lock(&fixture.lock);
    size_t count = fixture.waiting_count;
    pthread_mutex_unlock(&fixture.lock);
    return count;
}

/* A handler may take longer than any client: the connection waits for it. */
static void test_handlers_are_not_timed(void **state)
{
    (void)state;
    int fd = client_connect();
    hold(true);
    client_say(fd, "POST /v1/later HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
    wait_until(is_open(fd) && waiting() == 1);
    fixture.clock.shift_us += HTTP_IDLE_DEADLINE_US;
    pass_header_deadline();
    hold(false);
    assert_int_equal(client_read(fd), 202);
    close(fd);
}

static void test_many_idle_connections(void **state)
{
    (void)state;
    enum { MANY = 900 };
    static int fds[MANY];
    for (int i = 0; i < MANY; i++)
        fds[i] = client_connect();
    int fd = client_connect();
    client_say(fd, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(client_read(fd), 200);
    close(fd);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
}

static int ask_from(uint8_t host)
{
    int fd = client_connect_from(host);
    client_say(fd, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    int status = client_read(fd);
    close(fd);
    return status;
}

/* An address has its share of the places, one that is closed gives its place back, and the others
 * do not notice. */
static void test_an_address_has_a_share(void **state)
{
    (void)state;
    enum { SHARE = HTTP_CONNECTIONS_MAX / HTTP_CONNECTIONS_SHARE };
    static int fds[SHARE];
    for (int round = 0; round < 2; round++) {
        /* What was closed before is given back soon. */
        wait_until(ask_from(2) == 200);
        int64_t refused = metric_value(METRIC_http_connections_refused, LABEL_rate_limit);
        int count = 0;
        while (count < SHARE &&
               metric_value(METRIC_http_connections_refused, LABEL_rate_limit) == refused)
            fds[count++] = client_connect_from(2);
        wait_until(ask_from(2) == 0);
        assert_int_equal(ask_from(1), 200);
        assert_int_equal(ask_from(3), 200);
        for (int i = 0; i < count; i++)
            close(fds[i]);
    }
}

static const struct sockaddr *peer_of(unsigned number, struct sockaddr_in6 *peer)
{
    *peer = (struct sockaddr_in6){.sin6_family = AF_INET6};
    struct sockaddr_in *old = (struct sockaddr_in *)peer;
    if (number % 2 == 0)
        *old = (struct sockaddr_in){.sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(0x0A000000 + number)};
    else
        memcpy(peer->sin6_addr.s6_addr + 4, &number, sizeof number);
    return (const struct sockaddr *)peer;
}

/* In random turns: one address, or one who has a whole network of the new kind, has its share at
 * most, and modest ones of both kinds always get a place. */
static void test_one_takes_no_more_than_a_share(void **state)
{
    (void)state;
    enum { CASES = 300, TURNS = 2000, MODEST = 60, EACH = 10, PLACES = 1000, GREEDY = 0x7FFFFFFF };
    for (int i = 0; i < CASES; i++) {
        struct connections all;
        struct sockaddr_in6 peer;
        size_t greedy = 0, held[MODEST] = {0};
        connections_init(&all, PLACES, &fixture.proxies);
        for (int turn = 0; turn < TURNS; turn++) {
            unsigned one = unit_random() % (2 * MODEST);
            const struct sockaddr *from =
                peer_of(one < MODEST ? one : GREEDY - (unsigned)(i % 2), &peer);
            if (one >= MODEST) {
                if (i % 2 == 0)
                    unit_random_bytes(peer.sin6_addr.s6_addr + 8, 8); /* of its network */
                greedy += connection_admit(&all, from) == STATUS_OK;
            } else if (held[one] < EACH && unit_random() % 3 != 0) {
                assert_int_equal(connection_admit(&all, from), STATUS_OK);
                held[one]++;
            } else if (held[one] > 0) {
                connection_dismiss(&all, from);
                held[one]--;
            }
        }
        assert_int_equal(greedy, PLACES / HTTP_CONNECTIONS_SHARE);
        connections_destroy(&all);
    }
}

static int block_begin(uint8_t host)
{
    int fd = client_connect_from(host);
    client_say(fd, "POST /v1/block HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
    return fd;
}

/* While every thread is held, and all places of those who wait are one address's: what it asks
 * besides is refused, and another address gets in, for which one of the first is refused. */
static void test_an_address_holds_no_place_that_another_wants(void **state)
{
    (void)state;
    enum { THREADS = 2, SERVED = THREADS + HTTP_POOL_QUEUE_MAX - 1, MANY = SERVED + 50 };
    static int fds[MANY];
    /* The tests before gave back what they took. */
    wait_until(shares_taken(&fixture.server->connections.places) == 0);
    hold(true);
    for (int i = 0; i < THREADS; i++)
        fds[i] = block_begin(2);
    wait_until(blocked() == THREADS);
    for (int i = THREADS; i < MANY; i++)
        fds[i] = block_begin(2);
    int status, fd = block_begin(2);
    assert_int_equal(client_read(fd), 503);
    assert_true(answer_has("Retry-After", "1"));
    close(fd);
    int other = block_begin(3);
    /* Each of the two threads has read all before when it answers one more. */
    for (int i = 0; i < 2; i++)
        assert_int_equal(ask("POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"),
                         202);
    assert_true(is_open(other));
    hold(false);
    assert_int_equal(client_read(other), 200);
    close(other);
    int served = 0;
    for (int i = 0; i < MANY; i++) {
        status = client_read(fds[i]);
        assert_true(status == 200 || status == 503);
        served += status == 200;
        close(fds[i]);
    }
    /* On a slow machine some have waited too long. */
    assert_in_range(served, THREADS, SERVED);
}

#define LARGE                                                                                      \
    "POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n"                             \
    "Content-Type: application/x-ndjson\r\n\r\n"

static char large_body[HTTP_BATCH_BODY_MAX - 1];

/* Sends a large body but for its last byte. */
static int large_begin(uint8_t host)
{
    int fd = client_connect_from(host);
    assert_true(client_say(fd, LARGE) && client_send(fd, large_body, sizeof large_body));
    return fd;
}

static int large_end(int fd)
{
    assert_true(client_say(fd, "x"));
    int status = client_read(fd);
    close(fd);
    return status;
}

/* Large bodies that are not finished: an address has its share of the memory, small bodies are
 * served all the same, and what is given up is given back. */
static void test_bodies_have_a_share(void **state)
{
    (void)state;
    enum { MANY = HTTP_BODIES_MAX / HTTP_BODIES_SHARE / (HTTP_BATCH_BODY_MAX + 1) };
    static int fds[MANY];
    for (int i = 0; i < MANY; i++)
        fds[i] = large_begin(2);
    /* Once the server has read them all: before that, another one may be let in for the last. */
    wait_until(shares_taken(&fixture.server->bodies) == MANY * HTTP_BATCH_BODY_MAX);
    assert_int_equal(large_end(large_begin(2)), 503);
    assert_true(answer_has("Retry-After", "1") && answer_has("Connection", "close"));
    assert_non_null(strstr(answer_body(), "\"detail\":\"Too many large bodies at once.\""));
    int fd = client_connect_from(2);
    client_say(fd, "POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
    assert_int_equal(client_read(fd), 202);
    close(fd);
    assert_int_equal(large_end(large_begin(3)), 202);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(large_end(fds[i]), 202);
}

static void test_connections_go_on(void **state)
{
    (void)state;
    int fd = client_connect();
    /* After refusals without a body, and after answers of every kind. */
    static const struct {
        const char *text;
        int status;
    } turns[] = {
        {"GET /nowhere HTTP/1.1\r\n" HOST "\r\n", 404},
        {"GET /v1/users/x/stream HTTP/1.1\r\n" HOST "\r\n", 401},
        {ECHO "Content-Length: 2\r\n\r\n{}", 202},
        {"POST /v1/later HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 202},
        {"POST /v1/block HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 200},
        {"POST /v1/refuse HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 409},
        {"GET /v1/echo HTTP/1.1\r\n" HOST "\r\n", 405},
        {"GET /healthz HTTP/1.1\r\n" HOST "\r\n", 200},
    };
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
            assert_true(client_say(fd, turns[i].text));
            assert_int_equal(client_read(fd), turns[i].status);
        }
    }
    close(fd);
}

static void test_pipelining(void **state)
{
    (void)state;
    int fd = client_connect();
    static const char *const three =
        "POST /v1/later HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\na" ECHO
        "Content-Length: 2\r\n\r\nab"
        "POST /v1/block HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc";
    static const int statuses[] = {202, 202, 200};
    assert_true(client_say(fd, three) && client_say(fd, three));
    for (int i = 0; i < 6; i++) {
        char expected[32];
        assert_int_equal(client_read(fd), statuses[i % 3]);
        snprintf(expected, sizeof expected, "{\"size\":%d,", i % 3 + 1);
        assert_non_null(strstr(answer_body(), expected));
    }
    close(fd);
}

int main(void)
{
    fixture.clock.stands = true;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connections_go_on),
        cmocka_unit_test(test_pipelining),
        cmocka_unit_test(test_slow_headers),
        cmocka_unit_test(test_slow_request_line),
        cmocka_unit_test(test_slow_body),
        cmocka_unit_test(test_second_request_is_timed_too),
        cmocka_unit_test(test_idle_connections_end),
        cmocka_unit_test(test_handlers_are_not_timed),
        cmocka_unit_test(test_many_idle_connections),
        cmocka_unit_test(test_an_address_has_a_share),
        cmocka_unit_test(test_an_address_holds_no_place_that_another_wants),
        cmocka_unit_test(test_bodies_have_a_share),
        cmocka_unit_test(test_one_takes_no_more_than_a_share),
    };
    return cmocka_run_group_tests(tests, setup_server, teardown_server);
}
