/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests that change hands between threads: done before, while and after their connection is
 * suspended; a full pool; a server that ends while they are on their way.
 */
#include "server_fixture.h"

enum { CLIENTS = 8, ROUNDS = 1500 };

struct racer {
    const char *path;
    int fd;
    int answered;
    pthread_t thread;
};

/* Keeps two requests in the pipe: one for the path, one that is answered at once. */
static void *race(void *argument)
{
    struct racer *racer = argument;
    char requests[256], answers[2048];
    snprintf(requests, sizeof requests,
             "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
             "POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
             racer->path);
    for (int i = 0; i < ROUNDS && client_say(racer->fd, requests); i++) {
        size_t got = 0;
        for (int ends = 0; ends < 2;) {
            ssize_t part = recv(racer->fd, answers + got, sizeof answers - 1 - got, 0);
            if (part <= 0)
                return NULL;
            got += (size_t)part;
            answers[got] = '\0';
            ends = 0;
            for (const char *at = answers; (at = strstr(at, "\"key\":\"\"}")) != NULL; at++)
                ends++;
        }
        racer->answered += 2;
    }
    return NULL;
}

static struct racer racers[CLIENTS];
static int racer_count;

static void race_start(int count)
{
    while (racer_count < count) {
        static const char *const paths[] = {"/v1/later", "/v1/block", "/v1/deferred",
                                            "/v1/together"};
        struct racer *racer = &racers[racer_count];
        *racer = (struct racer){.path = paths[racer_count % 4], .fd = client_connect()};
        assert_int_equal(pthread_create(&racer->thread, NULL, race, racer), 0);
        racer_count++;
    }
}

/* How many answers there were. */
static int race_end(void)
{
    int answered = 0;
    for (; racer_count > 0; racer_count--) {
        struct racer *racer = &racers[racer_count - 1];
        pthread_join(racer->thread, NULL);
        close(racer->fd);
        answered += racer->answered;
    }
    return answered;
}

/* Racers that a failed test has left end with the connections of the server. */
static int teardown_race(void **state)
{
    teardown_server(state);
    race_end();
    return 0;
}

static void test_races(void **state)
{
    (void)state;
    race_start(CLIENTS);
    assert_int_equal(race_end(), CLIENTS * ROUNDS * 2);
}

#define BLOCK "POST /v1/block HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
#define LATER "POST /v1/later HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
#define ECHO "POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"

/* While both threads are at it, the others gather; each is answered, whoever came first. */
static void test_requests_are_handled_together(void **state)
{
    (void)state;
    enum { COUNT = 40 };
    int fds[COUNT];
    fixture.together = 0;
    hold(true);
    for (int i = 0; i < COUNT; i++) {
        fds[i] = client_connect();
        client_say(fds[i], "POST /v1/together HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
        if (i < 2)
            wait_until(blocked() == i + 1);
    }
    assert_int_equal(ask(ECHO), 202); /* after them, on the other thread or the same */
    hold(false);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(client_read(fds[i]), 200);
        close(fds[i]);
    }
    assert_in_range(fixture.together, 2, REQUESTS_AT_ONCE_MAX);
}

static void test_full_pool(void **state)
{
    (void)state;
    static int fds[HTTP_POOL_QUEUE_MAX + 8];
    enum { THREADS = 2, EXTRA = 4 };
    hold(true);
    for (int i = 0; i < HTTP_POOL_QUEUE_MAX + THREADS + EXTRA; i++) {
        fds[i] = client_connect_from((uint8_t)(2 + i % 2));
        client_say(fds[i], BLOCK);
        if (i < THREADS)
            wait_until(blocked() == i + 1);
    }
    /* Whichever came last to a full queue is refused, at once. */
    wait_until(metric_value(METRIC_http_rejected, LABEL_overload) >= EXTRA);
    /* What needs no pool goes on. */
    assert_int_equal(ask(ECHO), 202);
    hold(false);
    int served = 0, refused = 0;
    for (int i = 0; i < HTTP_POOL_QUEUE_MAX + THREADS + EXTRA; i++) {
        int status = client_read(fds[i]);
        served += status == 200;
        refused += status == 503 && answer_has("Retry-After", "1");
        close(fds[i]);
    }
    /* On a slow machine some have waited too long. */
    assert_in_range(served, THREADS, HTTP_POOL_QUEUE_MAX + THREADS);
    assert_int_equal(served + refused, HTTP_POOL_QUEUE_MAX + THREADS + EXTRA);
}

/* Clients that go away while their request is with a handler. */
static void test_clients_that_leave(void **state)
{
    (void)state;
    hold(true);
    int64_t before = fixture.handled;
    for (int i = 0; i < 64; i++) {
        int fd = client_connect();
        client_say(fd, i % 2 == 0 ? LATER : BLOCK);
        if (i % 4 < 2) {
            struct linger reset = {1, 0};
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        }
        close(fd);
    }
    hold(false);
    assert_int_equal(ask(ECHO), 202);
    /* Those that were reset before they were read may be missing. */
    wait_until(fixture.handled > before);
    assert_int_equal(ask(LATER), 202);
    assert_int_equal(ask(BLOCK), 200);
}

static bool refuses_connections(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)http_server_port(fixture.server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bool refused = connect(fd, (struct sockaddr *)&to, sizeof to) != 0;
    close(fd);
    return refused;
}

static void test_drain(void **state)
{
    (void)state;
    int idle = client_connect(), later = client_connect(), block = client_connect();
    client_say(idle, ECHO);
    assert_int_equal(client_read(idle), 202);
    hold(true);
    client_say(later, LATER);
    client_say(block, BLOCK);
    wait_until(blocked() == 1);
    server_drain_start();
    wait_until(refuses_connections());
    /* A connection that is open is still served, once. */
    client_say(idle, ECHO);
    assert_int_equal(client_read(idle), 202);
    assert_true(answer_has("Connection", "close"));
    hold(false);
    assert_int_equal(client_read(later), 202);
    assert_int_equal(client_read(block), 200);
    assert_true(answer_has("Connection", "close"));
    close(idle);
    close(later);
    close(block);
}

/* As many events at once as libmicrohttpd takes from the system in one go, and none after them: all
 * are dealt with. */
static void test_a_full_turn_of_events(void **state)
{
    (void)state;
    enum { AT_ONCE = 128 };
    static const char request[] = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    int fds[AT_ONCE];
    server_start(1, 1000000);
    for (int i = 0; i < AT_ONCE; i++) {
        fds[i] = client_connect();
        client_say(fds[i], request);
        assert_int_equal(client_read(fds[i]), 200);
    }
    /* While the thread is held all of them ask. The connection that held it ends, and leaves
     * nothing for which the thread would not sleep. */
    hold(true);
    int fd = client_connect();
    client_say(fd, "POST /v1/stall HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                   "Content-Length: 2\r\n\r\n{}");
    wait_until(blocked() == 1);
    for (int i = 0; i < AT_ONCE; i++)
        client_say(fds[i], request);
    hold(false);
    assert_int_equal(client_read(fd), 200);
    close(fd);
    for (int i = 0; i < AT_ONCE; i++) {
        assert_int_equal(client_read(fds[i]), 200);
        close(fds[i]);
    }
}

/* Starting and stopping while clients do not stop asking. */
static void test_stop_under_load(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        server_start(i % 3 + 1, 1000000);
        int64_t before = fixture.handled;
        race_start(4);
        wait_until(fixture.handled > before + 50);
        server_stop();
        race_end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_requests_are_handled_together, setup_server,
                                        teardown_server),
        cmocka_unit_test_setup_teardown(test_full_pool, setup_server, teardown_server),
        cmocka_unit_test_setup_teardown(test_races, setup_server, teardown_race),
        cmocka_unit_test_setup_teardown(test_clients_that_leave, setup_server, teardown_server),
        cmocka_unit_test_setup_teardown(test_drain, setup_server, teardown_server),
        cmocka_unit_test_teardown(test_a_full_turn_of_events, teardown_server),
        cmocka_unit_test_teardown(test_stop_under_load, teardown_race),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
