/* SPDX-License-Identifier: Apache-2.0
 *
 * Server-Sent Events, from the client's side of the socket.
 */
#include "server_fixture.h"

#include "../../doubles.h"
#include "http/events.h"

static char head[8192];

/* Asks for the stream of a person; returns the socket once the head of the answer is read. */
static int stream_open(unsigned number, const char *headers, int64_t life_us, int *status)
{
    char token[TOKEN_MAX + 1], text[TOKEN_MAX + 512], user_id[UUID_TEXT_SIZE];
    struct uuid uuid = user(number);
    uuid_format(&uuid, user_id);
    token_for(number, life_us, token);
    snprintf(text, sizeof text,
             "GET /v1/users/%s/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n%s\r\n",
             user_id, token, headers);
    int fd = client_connect();
    client_say(fd, text);
    *status = client_read(fd);
    snprintf(head, sizeof head, "%.*s", (int)answer.head_size, answer.text);
    return fd;
}

/* Reads on until `text` is there; chunk sizes stand between the frames. False: the end. */
static bool stream_has(int fd, const char *text)
{
    static char got[ANSWER_MAX];
    size_t size = 0;
    got[0] = '\0';
    while (strstr(got, text) == NULL) {
        ssize_t part = recv(fd, got + size, 1, 0);
        if (part < 0 && errno == EAGAIN)
            fail_msg("waited %d s for %s; got %s", WAIT_S, text, got);
        if (part <= 0)
            return false;
        size += (size_t)part;
        assert_true(size < sizeof got);
        got[size] = '\0';
    }
    return true;
}

static void publish(int64_t last)
{
    pthread_mutex_lock(&fixture.lock);
    fixture.events_last = last;
    pthread_mutex_unlock(&fixture.lock);
}

static void test_stream(void **state)
{
    (void)state;
    int status;
    publish(2);
    int fd = stream_open(0x11, "X-Request-ID: s1\r\n", HOUR_US, &status);
    assert_int_equal(status, 200);
    assert_non_null(strstr(head, "\r\nContent-Type: text/event-stream\r\n"));
    assert_non_null(strstr(head, "\r\nX-Request-ID: s1\r\n"));
    assert_non_null(strstr(head, "\r\nCache-Control: no-store\r\n"));
    assert_true(stream_has(fd, "retry: 3000\n\nid: 1\ndata: {\"n\":1}\n\nid: 2\n"));
    publish(3);
    struct uuid mine = user(0x11), other = user(0x12);
    http_server_wake(fixture.server, &other);
    http_server_wake(fixture.server, &mine);
    assert_true(stream_has(fd, "id: 3\ndata: {\"n\":3}\n\n"));
    publish(4);
    http_server_wake(fixture.server, NULL);
    assert_true(stream_has(fd, "id: 4\ndata: {\"n\":4}\n\n"));
    close(fd);
}

static void test_goes_on_from_the_last_event(void **state)
{
    (void)state;
    int status;
    publish(5);
    int fd = stream_open(0x11, "Last-Event-ID: 4\r\n", HOUR_US, &status);
    assert_true(stream_has(fd, "retry: 3000\n\nid: 5\n"));
    close(fd);
    static const char *const bad[] = {"Last-Event-ID: x\r\n", "Last-Event-ID: -1\r\n",
                                      "Last-Event-ID: 99999999999999999999\r\n",
                                      "Last-Event-ID: 4x\r\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fd = stream_open(0x11, bad[i], HOUR_US, &status);
        assert_true(stream_has(fd, "retry: 3000\n\nid: 1\n"));
        close(fd);
    }
}

static void test_a_refusal_is_an_answer(void **state)
{
    (void)state;
    int status;
    pthread_mutex_lock(&fixture.lock);
    fixture.events_refuse = true;
    pthread_mutex_unlock(&fixture.lock);
    int fd = stream_open(0x11, "", HOUR_US, &status);
    assert_int_equal(status, 503);
    assert_non_null(strstr(answer_body(), "\"detail\":\"No.\""));
    close(fd);
    pthread_mutex_lock(&fixture.lock);
    fixture.events_refuse = false;
    pthread_mutex_unlock(&fixture.lock);
    /* A later failure is not the end: the handler is asked again. */
    fd = stream_open(0x11, "", HOUR_US, &status);
    assert_true(stream_has(fd, "retry: 3000\n\n"));
    pthread_mutex_lock(&fixture.lock);
    fixture.events_refuse = true;
    fixture.events_last = 1;
    pthread_mutex_unlock(&fixture.lock);
    http_server_wake(fixture.server, NULL);
    pthread_mutex_lock(&fixture.lock);
    fixture.events_refuse = false;
    pthread_mutex_unlock(&fixture.lock);
    assert_true(stream_has(fd, "id: 1\n"));
    close(fd);
}

static void test_keeps_alive(void **state)
{
    (void)state;
    int status;
    int fd = stream_open(0x11, "", HOUR_US, &status);
    assert_true(stream_has(fd, "retry: 3000\n\n"));
    for (int i = 0; i < 3; i++) {
        fixture.clock.shift_us += HTTP_EVENT_KEEP_ALIVE_US;
        assert_true(stream_has(fd, ": keep-alive\n\n"));
    }
    close(fd);
}

static void test_ends_with_its_token(void **state)
{
    (void)state;
    int status;
    int fd = stream_open(0x11, "", MINUTE_US, &status);
    assert_true(stream_has(fd, "retry: 3000\n\n"));
    fixture.clock.shift_us += MINUTE_US;
    assert_true(stream_has(fd, "0\r\n\r\n"));
    close(fd);
    fd = stream_open(0x12, "", MINUTE_US, &status);
    assert_true(stream_has(fd, "retry: 3000\n\n"));
    struct uuid user_id = user(0x12);
    assert_int_equal(revocations_add(fixture.revocations, &user_id, 1), STATUS_OK);
    assert_true(stream_has(fd, "0\r\n\r\n"));
    close(fd);
}

/* More than fits into the buffer at once comes in order and complete. */
static void test_many_events(void **state)
{
    (void)state;
    int status;
    publish(30000);
    int fd = stream_open(0x11, "", HOUR_US, &status);
    assert_true(stream_has(fd, "retry: 3000\n\n"));
    char expected[64];
    for (int i = 1; i <= 30000; i += i < 100 ? 1 : 997) {
        snprintf(expected, sizeof expected, "\"n\":%d}", i);
        assert_true(stream_has(fd, expected));
    }
    assert_true(stream_has(fd, "\"n\":30000}"));
    close(fd);
}

/* Opens a stream and expects it to begin. */
static int stream_begin(unsigned number)
{
    int status, fd = stream_open(number, "", HOUR_US, &status);
    assert_int_equal(status, 200);
    return fd;
}

/* Whether its last chunk is there already. */
static bool is_ended(int fd)
{
    static char got[4096];
    ssize_t size = recv(fd, got, sizeof got, MSG_DONTWAIT | MSG_PEEK);
    return size == 0 || (size >= 5 && memcmp(got + size - 5, "0\r\n\r\n", 5) == 0);
}

static void test_the_newest_takes_the_place_of_the_oldest(void **state)
{
    (void)state;
    enum { MANY = 3 * HTTP_EVENT_STREAMS_PER_PERSON_MAX };
    int fds[MANY], other = stream_begin(0x12);
    for (int i = 0; i < MANY; i++) {
        fds[i] = stream_begin(0x11);
        if (i >= HTTP_EVENT_STREAMS_PER_PERSON_MAX)
            wait_until(is_ended(fds[i - HTTP_EVENT_STREAMS_PER_PERSON_MAX]));
    }
    for (int i = 0; i < MANY; i++) {
        assert_true(is_ended(fds[i]) == (i < MANY - HTTP_EVENT_STREAMS_PER_PERSON_MAX));
        close(fds[i]);
    }
    assert_false(is_ended(other));
    close(other);
}

/* Opens `each` streams for each of as many people as it takes to fill all places. */
static void fill_places(int fds[HTTP_EVENT_STREAMS_MAX], int each)
{
    for (int i = 0; i < HTTP_EVENT_STREAMS_MAX; i++)
        fds[i] = stream_begin(0x100 + (unsigned)(i / each));
}

static int count_ended(const int fds[HTTP_EVENT_STREAMS_MAX])
{
    int count = 0;
    for (int i = 0; i < HTTP_EVENT_STREAMS_MAX; i++)
        count += is_ended(fds[i]);
    return count;
}

static void test_places_are_shared_between_people(void **state)
{
    (void)state;
    static int fds[HTTP_EVENT_STREAMS_MAX];
    fill_places(fds, HTTP_EVENT_STREAMS_PER_PERSON_MAX);
    /* Whoever comes takes the oldest of those who have most, until all have the same. */
    int mine = stream_begin(0x11), others = stream_begin(0x12);
    wait_until(count_ended(fds) == 2);
    for (int i = 0; i < 2; i++)
        close(stream_begin(0x11)); /* and what was closed takes nobody's place for long */
    assert_true(count_ended(fds) <= 4);
    assert_false(is_ended(mine) || is_ended(others));
    close(mine);
    close(others);
    for (int i = 0; i < HTTP_EVENT_STREAMS_MAX; i++)
        close(fds[i]);
}

/* A stream that is only a place: nothing is sent. NULL: it got none. */
static struct call *place_take(struct events *events, unsigned person)
{
    struct call *call = calloc(1, sizeof *call);
    call->connection = calloc(1, sizeof *call->connection);
    call->connection->fd = -1;
    connection_deadline(call->connection, CONNECTION_NO_DEADLINE);
    call->exchange.request.principal.user_id = user(person);
    assert_int_equal(events_reserve(events, call), STATUS_OK);
    return call;
}

static bool place_is_held(struct call *call)
{
    return call != NULL && atomic_load(&call->connection->deadline_us) == CONNECTION_NO_DEADLINE;
}

static void place_leave(struct events *events, struct call **call)
{
    if (*call == NULL)
        return;
    free((*call)->connection);
    events_close(events, (*call)->stream);
    *call = NULL;
}

/* As many greedy people as it takes to fill all places, who open ever more, and modest ones who
 * come and go with one stream, in random turns: each of these gets a place, and keeps it. */
static void test_greedy_people_take_no_place_of_modest_ones(void **state)
{
    (void)state;
    enum { TURNS = 4000, GREEDY = 220, EACH = 2 * HTTP_EVENT_STREAMS_PER_PERSON_MAX };
    enum { MODEST = HTTP_EVENT_STREAMS_MAX - GREEDY };
    static struct call *greedy[GREEDY][EACH], *modest[MODEST];
    struct clock_manual clock;
    struct events events;
    clock_manual_init(&clock, 1);
    events_init(&events, NULL, &clock.base, NULL);
    for (int turn = 0; turn < TURNS; turn++) {
        size_t one = unit_random() % GREEDY, other = unit_random() % MODEST, held = 0;
        struct call **slot = &greedy[one][unit_random() % EACH];
        place_leave(&events, slot);
        *slot = place_take(&events, (unsigned)(0x100 + one));
        for (size_t i = 0; i < EACH; i++)
            held += place_is_held(greedy[one][i]);
        assert_in_range(held, 1, HTTP_EVENT_STREAMS_PER_PERSON_MAX);
        assert_true(events.count <= HTTP_EVENT_STREAMS_MAX);
        if (unit_random() % 4 != 0)
            continue;
        assert_true(modest[other] == NULL || place_is_held(modest[other]));
        if (modest[other] != NULL)
            place_leave(&events, &modest[other]);
        else
            modest[other] = place_take(&events, (unsigned)(0x1000 + other));
    }
    assert_int_equal(events.count, HTTP_EVENT_STREAMS_MAX);
    for (size_t i = 0; i < GREEDY * EACH; i++)
        place_leave(&events, &greedy[i / EACH][i % EACH]);
    for (size_t i = 0; i < MODEST; i++)
        place_leave(&events, &modest[i]);
    assert_int_equal(events.count, 0);
    events_destroy(&events);
}

/* Nobody need be there for it to be noticed that a client hung up: no clock moves here. */
static void test_clients_that_hang_up_are_noticed(void **state)
{
    (void)state;
    static int fds[HTTP_EVENT_STREAMS_MAX];
    int status;
    fill_places(fds, 1);
    int fd = stream_open(0x11, "", HOUR_US, &status);
    assert_int_equal(status, 503);
    assert_non_null(strstr(head, "\r\nRetry-After: "));
    assert_non_null(strstr(answer_body(), "\"detail\":\"Too many event streams.\""));
    close(fd);
    close(fds[500]);
    fds[500] = -1;
    wait_until((close(stream_open(0x11, "", HOUR_US, &status)), status == 200));
    for (int i = 0; i < HTTP_EVENT_STREAMS_MAX; i++)
        close(fds[i]);
}

/* A reader that takes nothing waits, and holds up nobody. */
static void test_slow_readers_wait(void **state)
{
    (void)state;
    int status;
    publish(2000000);
    int slow = stream_open(0x11, "", HOUR_US, &status);
    int fast = stream_open(0x12, "Last-Event-ID: 1999990\r\n", HOUR_US, &status);
    assert_true(stream_has(fast, "\"n\":2000000}"));
    assert_int_equal(ask("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
    publish(2000001);
    http_server_wake(fixture.server, NULL);
    assert_true(stream_has(fast, "\"n\":2000001}"));
    close(slow);
    close(fast);
}

static void *wake_often(void *argument)
{
    _Atomic bool *stop = argument;
    while (!*stop)
        http_server_wake(fixture.server, NULL);
    return NULL;
}

/* Streams that open, get news and go away, all at once. */
static void test_races(void **state)
{
    (void)state;
    int status;
    _Atomic bool stop = false;
    pthread_t waker;
    pthread_create(&waker, NULL, wake_often, &stop);
    for (int i = 0; i < 1000; i++) {
        int fd = stream_open(0x20 + (unsigned)i % 200, "", HOUR_US, &status);
        assert_int_equal(status, 200);
        publish(i);
        if (i % 3 == 0)
            assert_true(stream_has(fd, "retry: 3000\n\n"));
        close(fd);
    }
    stop = true;
    pthread_join(waker, NULL);
}

/* It takes no place: here one that takes a place of its person's would end the oldest. */
static void test_head_of_a_stream(void **state)
{
    (void)state;
    char token[TOKEN_MAX + 1], text[TOKEN_MAX + 512];
    int fds[HTTP_EVENT_STREAMS_PER_PERSON_MAX];
    for (int i = 0; i < HTTP_EVENT_STREAMS_PER_PERSON_MAX; i++)
        fds[i] = stream_begin(0x11);
    token_for(0x11, HOUR_US, token);
    snprintf(text, sizeof text,
             "HEAD /v1/users/" USER_11
             "/stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n",
             token);
    assert_int_equal(ask(text), 200);
    assert_true(answer_has("Content-Type", "text/event-stream"));
    assert_true(stream_has(fds[0], "retry: 3000\n\n"));
    publish(1);
    http_server_wake(fixture.server, NULL);
    assert_true(stream_has(fds[0], "id: 1\n"));
    for (int i = 0; i < HTTP_EVENT_STREAMS_PER_PERSON_MAX; i++)
        close(fds[i]);
}

static void test_drain_ends_streams(void **state)
{
    (void)state;
    int status;
    int one = stream_open(0x11, "", HOUR_US, &status);
    int two = stream_open(0x12, "", HOUR_US, &status);
    assert_true(stream_has(one, "retry: 3000\n\n"));
    server_drain_start();
    assert_true(stream_has(one, "0\r\n\r\n"));
    assert_true(stream_has(two, "0\r\n\r\n"));
    close(one);
    close(two);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_server, teardown_server)
    const struct CMUnitTest tests[] = {
        TEST(test_stream),
        TEST(test_goes_on_from_the_last_event),
        TEST(test_a_refusal_is_an_answer),
        TEST(test_keeps_alive),
        TEST(test_ends_with_its_token),
        TEST(test_many_events),
        TEST(test_the_newest_takes_the_place_of_the_oldest),
        TEST(test_places_are_shared_between_people),
        cmocka_unit_test(test_greedy_people_take_no_place_of_modest_ones),
        TEST(test_clients_that_hang_up_are_noticed),
        TEST(test_slow_readers_wait),
        TEST(test_races),
        TEST(test_head_of_a_stream),
        TEST(test_drain_ends_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
