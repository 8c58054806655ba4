/* SPDX-License-Identifier: Apache-2.0
 *
 * What every bus does (ports/bus.h), run on each adapter.
 */
#include "bus_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nats/nats.h>

#include "process/log.h"
#include "process/metrics.h"

#define assert_slice(slice, text) assert_true(slice_equals(slice, text))

static struct bus *bus_of(void **state)
{
    return ((struct bus_fixture *)*state)->bus;
}

static void delivers_what_was_published(void **state)
{
    struct bus *bus = bus_of(state);
    struct bus_consumer *consumer = open_consumer(bus, STREAM_EMOTIONS);
    struct bus_message out = {
        .stream = STREAM_EMOTIONS,
        .payload = slice_of("{\"a\": 1}"),
        .message_id = slice_of("id-1"),
        .request_id = slice_of("request-1"),
        .traceparent = slice_of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        .producer = slice_of("bank-1"),
    };
    assert_int_equal(publish_wait(bus, &out), STATUS_OK);
    struct bus_message in;
    assert_int_equal(fetch_count(bus, consumer, &in, 1), 1);
    assert_int_equal(in.stream, STREAM_EMOTIONS);
    assert_slice(in.subject, "user.emotions.topic");
    assert_slice(in.payload, "{\"a\": 1}");
    assert_slice(in.message_id, "id-1");
    assert_slice(in.request_id, "request-1");
    assert_slice(in.traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    assert_slice(in.producer, "bank-1");
    assert_int_equal(in.reason.size, 0);
    assert_int_equal(in.sequence, 1);
    assert_int_equal(in.deliveries, 1);
    assert_true(in.stream_created_us > 0);
    assert_true(in.published_us >= in.stream_created_us);
    settle_all(consumer, &in, 1, OUTCOME_DONE);
    bus_consumer_close(consumer);
}

static void headers_are_optional(void **state)
{
    struct bus *bus = bus_of(state);
    struct bus_consumer *consumer = open_consumer(bus, STREAM_TRANSACTIONS);
    publish_text(bus, STREAM_TRANSACTIONS, "", NULL);
    struct bus_message in;
    assert_int_equal(fetch_count(bus, consumer, &in, 1), 1);
    assert_int_equal(in.payload.size, 0);
    assert_int_equal(in.message_id.size, 0);
    assert_int_equal(in.request_id.size, 0);
    assert_int_equal(in.traceparent.size, 0);
    assert_int_equal(in.producer.size, 0);
    settle_all(consumer, &in, 1, OUTCOME_DONE);
    bus_consumer_close(consumer);
}

static void keeps_the_order_and_the_streams_apart(void **state)
{
    enum { COUNT = 500 };
    struct bus *bus = bus_of(state);
    struct bus_consumer *consumer = open_consumer(bus, STREAM_EMOTIONS);
    struct receipt receipt = {0};
    for (int i = 0; i < COUNT; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        for (enum stream stream = STREAM_EMOTIONS; stream <= STREAM_TRANSACTIONS; stream++) {
            struct bus_message message = {.stream = stream, .payload = slice_of(text)};
            bus_publish(bus, &message, receive, &receipt);
        }
    }
    wait_for_receipt(bus, &receipt, 2 * COUNT);
    static struct bus_message in[COUNT];
    assert_int_equal(fetch_count(bus, consumer, in, COUNT), COUNT);
    for (int i = 0; i < COUNT; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        assert_slice(in[i].payload, text);
        assert_int_equal(in[i].sequence, i + 1);
    }
    settle_all(consumer, in, COUNT, OUTCOME_DONE);
    size_t more = 1;
    assert_int_equal(bus_fetch(consumer, in, COUNT, 20000, &more), STATUS_OK);
    assert_int_equal(more, 0);
    bus_consumer_close(consumer);
}

static void stores_a_message_id_once(void **state)
{
    struct bus *bus = bus_of(state);
    publish_text(bus, STREAM_EMOTIONS, "first", "same");
    publish_text(bus, STREAM_EMOTIONS, "again", "same");
    publish_text(bus, STREAM_EMOTIONS, "other", "other");
    publish_text(bus, STREAM_TRANSACTIONS, "elsewhere", "same");
    struct bus_lag lag;
    assert_int_equal(bus_lag(bus, STREAM_EMOTIONS, &lag), STATUS_OK);
    assert_int_equal(lag.last_sequence, 2);
    assert_int_equal(bus_lag(bus, STREAM_TRANSACTIONS, &lag), STATUS_OK);
    assert_int_equal(lag.last_sequence, 1);
}

static void refuses_what_is_too_large(void **state)
{
    static char large[BUS_PAYLOAD_MAX + 1];
    struct bus_message message = {.stream = STREAM_EMOTIONS, .payload = {large, sizeof large}};
    int64_t failed = metric_value(METRIC_bus_publish_failed, LABEL_emotions);
    assert_int_equal(publish_wait(bus_of(state), &message), STATUS_TOO_LARGE);
    assert_int_equal(metric_value(METRIC_bus_publish_failed, LABEL_emotions), failed + 1);
    message.payload.size--;
    assert_int_equal(publish_wait(bus_of(state), &message), STATUS_OK);
}

static void delivers_again_what_is_to_be_retried(void **state)
{
    struct bus *bus = bus_of(state);
    struct bus_consumer *consumer = open_consumer(bus, STREAM_EMOTIONS);
    publish_text(bus, STREAM_EMOTIONS, "x", NULL);
    struct bus_message in;
    assert_int_equal(fetch_count(bus, consumer, &in, 1), 1);
    int64_t settled_us = steady_us();
    settle_all(consumer, &in, 1, OUTCOME_RETRY);
    assert_int_equal(fetch_count(bus, consumer, &in, 1), 1);
    assert_true(steady_us() - settled_us >= BUS_RETRY_DELAY_US / 2);
    assert_slice(in.payload, "x");
    assert_int_equal(in.sequence, 1);
    assert_int_equal(in.deliveries, 2);
    settle_all(consumer, &in, 1, OUTCOME_DONE);
    bus_consumer_close(consumer);
}

/* The one test that waits for BUS_ACK_WAIT_US. When that ends in the moment in which a request
 * expires, nats-server 2.9 delivers the message as if it were new: how often is only a hint. */
static void delivers_again_what_is_never_settled(void **state)
{
    struct bus *bus = bus_of(state);
    struct bus_consumer *dead = open_consumer(bus, STREAM_EMOTIONS);
    struct bus_consumer *consumer = open_consumer(bus, STREAM_EMOTIONS);
    publish_text(bus, STREAM_EMOTIONS, "x", NULL);
    struct bus_message in, again;
    assert_int_equal(fetch_count(bus, dead, &in, 1), 1);
    assert_int_equal(fetch_count(bus, consumer, &again, 1), 1);
    assert_slice(again.payload, "x");
    assert_int_equal(again.sequence, in.sequence);
    assert_in_range(again.deliveries, 1, 2);
    settle_all(consumer, &again, 1, OUTCOME_DONE);
    settle_all(dead, &in, 1, OUTCOME_DONE); /* late, and harmless */
    bus_consumer_close(dead);
    bus_consumer_close(consumer);
}

static void rejected_messages_become_dead_letters(void **state)
{
    struct bus *bus = bus_of(state);
    struct bus_consumer *consumer = open_consumer(bus, STREAM_EMOTIONS);
    struct bus_message out = {.stream = STREAM_EMOTIONS,
                              .payload = slice_of("poison"),
                              .message_id = slice_of("id-7"),
                              .request_id = slice_of("request-7"),
                              .producer = slice_of("bank-7")};
    int64_t stored = metric_value(METRIC_bus_published, LABEL_emotions);
    int64_t buried = metric_value(METRIC_bus_published, LABEL_dead_letter);
    assert_int_equal(publish_wait(bus, &out), STATUS_OK);
    publish_text(bus, STREAM_EMOTIONS, "silently", NULL);
    assert_int_equal(metric_value(METRIC_bus_published, LABEL_emotions), stored + 2);
    struct bus_message in[2];
    assert_int_equal(fetch_count(bus, consumer, in, 2), 2);
    in[0].reason = slice_of("positivity: not a number");
    settle_all(consumer, in, 2, OUTCOME_REJECT);

    struct bus_message dead[4];
    size_t count = 0;
    assert_int_equal(bus_read(bus, STREAM_DEAD_LETTERS, 1, dead, 4, &count), STATUS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(dead[0].stream, STREAM_DEAD_LETTERS);
    assert_slice(dead[0].subject, "ecs.dead.emotions");
    assert_slice(dead[0].payload, "poison");
    assert_slice(dead[0].reason, "positivity: not a number");
    assert_slice(dead[0].message_id, "id-7");
    assert_slice(dead[0].request_id, "request-7");
    assert_slice(dead[0].producer, "bank-7");
    assert_true(dead[0].published_us > 0);
    bus_read_free(bus, dead, count);
    assert_int_equal(metric_value(METRIC_bus_published, LABEL_dead_letter), buried + 1);

    struct bus_lag lag = {.pending = 9};
    int64_t limit_us = steady_us() + 10 * SECOND_US;
    while (lag.pending > 0 && steady_us() < limit_us)
        assert_int_equal(bus_lag(bus, STREAM_EMOTIONS, &lag), STATUS_OK);
    assert_int_equal(lag.pending, 0);
    bus_consumer_close(consumer);
}

static void reads_and_removes_dead_letters(void **state)
{
    struct bus *bus = bus_of(state);
    struct bus_message message = {.stream = STREAM_DEAD_LETTERS,
                                  .subject = slice_of("ecs.dead.credits")};
    const char *const texts[] = {"one", "two", "three", "four"};
    for (size_t i = 0; i < 4; i++) {
        message.payload = slice_of(texts[i]);
        assert_int_equal(publish_wait(bus, &message), STATUS_OK);
    }
    assert_int_equal(bus_remove(bus, STREAM_DEAD_LETTERS, 2), STATUS_OK);
    assert_int_equal(bus_remove(bus, STREAM_DEAD_LETTERS, 2), STATUS_NOT_FOUND);
    struct bus_message in[4];
    size_t count = 0;
    assert_int_equal(bus_read(bus, STREAM_DEAD_LETTERS, 1, in, 2, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_slice(in[0].payload, "one");
    assert_slice(in[1].payload, "three");
    assert_int_equal(in[1].sequence, 3);
    bus_read_free(bus, in, count);
    assert_int_equal(bus_read(bus, STREAM_DEAD_LETTERS, 4, in, 4, &count), STATUS_OK);
    assert_int_equal(count, 1);
    assert_slice(in[0].subject, "ecs.dead.credits");
    bus_read_free(bus, in, count);
    assert_int_equal(bus_read(bus, STREAM_DEAD_LETTERS, 5, in, 4, &count), STATUS_OK);
    assert_int_equal(count, 0);
    struct bus_lag lag;
    assert_int_equal(bus_lag(bus, STREAM_DEAD_LETTERS, &lag), STATUS_OK);
    assert_int_equal(lag.pending, 3);
    assert_int_equal(lag.last_sequence, 4);
}

struct worker {
    pthread_t thread;
    struct bus *bus;
    atomic_int *seen;
    atomic_int *total;
    int expected;
};

static void *work(void *context)
{
    struct worker *worker = context;
    struct bus_consumer *consumer = open_consumer(worker->bus, STREAM_EMOTIONS);
    int64_t limit_us = steady_us() + 30 * SECOND_US;
    struct bus_message in[100];
    enum outcome done[100] = {0};
    while (atomic_load(worker->total) < worker->expected && steady_us() < limit_us) {
        size_t count = 0;
        if (bus_fetch(consumer, in, 100, 20000, &count) != STATUS_OK)
            continue;
        for (size_t i = 0; i < count; i++)
            atomic_fetch_add(&worker->seen[in[i].sequence], 1);
        if (bus_settle(consumer, in, done, count) == STATUS_OK)
            atomic_fetch_add(worker->total, (int)count);
    }
    bus_consumer_close(consumer);
    return NULL;
}

static void consumers_share_the_work(void **state)
{
    enum { COUNT = 5000, WORKERS = 3 };
    static atomic_int seen[COUNT + 1];
    memset(seen, 0, sizeof seen);
    atomic_int total = 0;
    struct bus *bus = bus_of(state);
    struct worker workers[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){0, bus, seen, &total, COUNT};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    struct receipt receipt = {0};
    struct bus_message message = {.stream = STREAM_EMOTIONS, .payload = slice_of("shared")};
    for (int i = 0; i < COUNT; i++)
        bus_publish(bus, &message, receive, &receipt);
    wait_for_receipt(bus, &receipt, COUNT);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(workers[i].thread, NULL);
    assert_int_equal(total, COUNT);
    for (int i = 1; i <= COUNT; i++)
        assert_int_equal(seen[i], 1);
}

static void a_closed_consumer_gives_back_its_messages(void **state)
{
    struct bus *bus = bus_of(state);
    struct bus_consumer *first = open_consumer(bus, STREAM_EMOTIONS);
    publish_text(bus, STREAM_EMOTIONS, "one", NULL);
    publish_text(bus, STREAM_EMOTIONS, "two", NULL);
    struct bus_message in[2];
    assert_int_equal(fetch_count(bus, first, in, 2), 2);
    int64_t closed_us = steady_us();
    bus_consumer_close(first);
    struct bus_consumer *second = open_consumer(bus, STREAM_EMOTIONS);
    assert_int_equal(fetch_count(bus, second, in, 2), 2);
    assert_true(steady_us() - closed_us < BUS_ACK_WAIT_US / 2);
    settle_all(second, in, 2, OUTCOME_DONE);
    bus_consumer_close(second);
}

static void rewinds(void **state)
{
    struct bus *bus = bus_of(state);
    struct bus_consumer *consumer = open_consumer(bus, STREAM_EMOTIONS);
    const char *const texts[] = {"one", "two", "three"};
    struct bus_message in[4];
    int64_t second_us = 0;
    for (int i = 0; i < 3; i++) {
        publish_text(bus, STREAM_EMOTIONS, texts[i], NULL);
        assert_int_equal(fetch_count(bus, consumer, in, 1), 1);
        if (i == 1)
            second_us = in[0].published_us;
        settle_all(consumer, in, 1, OUTCOME_DONE);
        usleep(2000);
    }
    assert_int_equal(bus_rewind(bus, STREAM_EMOTIONS, second_us), STATUS_OK);
    assert_int_equal(fetch_count(bus, consumer, in, 2), 2);
    assert_slice(in[0].payload, "two");
    assert_slice(in[1].payload, "three");
    settle_all(consumer, in, 2, OUTCOME_DONE);
    bus_consumer_close(consumer);
}

/* What nobody has consumed yet is consumed all the same, however old it is. */
static void rewinding_skips_nothing(void **state)
{
    struct bus *bus = bus_of(state);
    struct bus_consumer *consumer = open_consumer(bus, STREAM_EMOTIONS);
    struct bus_message in[4];
    publish_text(bus, STREAM_EMOTIONS, "one", NULL);
    assert_int_equal(fetch_count(bus, consumer, in, 1), 1);
    settle_all(consumer, in, 1, OUTCOME_DONE);
    publish_text(bus, STREAM_EMOTIONS, "two", NULL);
    publish_text(bus, STREAM_EMOTIONS, "three", NULL);
    assert_int_equal(bus_rewind(bus, STREAM_EMOTIONS, 4000000000LL * SECOND_US), STATUS_OK);
    assert_int_equal(fetch_count(bus, consumer, in, 2), 2);
    assert_slice(in[0].payload, "two");
    settle_all(consumer, in, 2, OUTCOME_DONE);
    bus_consumer_close(consumer);
}

static void tells_its_lag(void **state)
{
    struct bus *bus = bus_of(state);
    struct bus_consumer *consumer = open_consumer(bus, STREAM_CREDITS);
    struct bus_message in[3];
    for (int i = 0; i < 3; i++)
        publish_text(bus, STREAM_CREDITS, "x", NULL);
    struct bus_lag lag;
    assert_int_equal(bus_lag(bus, STREAM_CREDITS, &lag), STATUS_OK);
    assert_int_equal(lag.pending, 3);
    assert_int_equal(lag.last_sequence, 3);
    assert_int_equal(fetch_count(bus, consumer, in, 3), 3);
    assert_int_equal(bus_lag(bus, STREAM_CREDITS, &lag), STATUS_OK);
    assert_int_equal(lag.pending, 3);
    settle_all(consumer, in, 2, OUTCOME_DONE);
    int64_t limit_us = steady_us() + 10 * SECOND_US;
    while (lag.pending > 1 && steady_us() < limit_us)
        assert_int_equal(bus_lag(bus, STREAM_CREDITS, &lag), STATUS_OK);
    assert_int_equal(lag.pending, 1);
    settle_all(consumer, in + 2, 1, OUTCOME_DONE);
    bus_consumer_close(consumer);
}

static void a_tail_sees_what_comes(void **state)
{
    struct bus *bus = bus_of(state);
    publish_text(bus, STREAM_NOTIFICATIONS, "before", NULL);
    struct bus_consumer *one, *two;
    assert_int_equal(bus_tail_open(bus, STREAM_NOTIFICATIONS, &one), STATUS_OK);
    assert_int_equal(bus_tail_open(bus, STREAM_NOTIFICATIONS, &two), STATUS_OK);
    publish_text(bus, STREAM_NOTIFICATIONS, "after", NULL);
    struct bus_message in[2];
    assert_int_equal(fetch_count(bus, one, in, 1), 1);
    assert_slice(in[0].payload, "after");
    assert_int_equal(fetch_count(bus, two, in, 1), 1);
    assert_slice(in[0].payload, "after");
    size_t more = 1;
    assert_int_equal(bus_fetch(one, in, 2, 10000, &more), STATUS_OK);
    assert_int_equal(more, 0);
    bus_consumer_close(one);
    bus_consumer_close(two);
}

struct flusher {
    pthread_t thread;
    struct bus *bus;
    atomic_bool stop;
};

static void *flush_on(void *context)
{
    struct flusher *flusher = context;
    while (!atomic_load(&flusher->stop))
        if (bus_flush(flusher->bus, 20000) != STATUS_OK)
            usleep(1000);
    return NULL;
}

static void publish_many(struct bus *bus, int count, const char *text)
{
    struct receipt receipt = {0};
    for (int i = 0; i < count; i++) {
        char id[32];
        snprintf(id, sizeof id, "message-%d", i);
        struct bus_message message = {
            .stream = STREAM_EMOTIONS, .payload = slice_of(text), .message_id = slice_of(id)};
        while (i - atomic_load(&receipt.calls) > 20000)
            usleep(100);
        bus_publish(bus, &message, receive, &receipt);
    }
    int64_t limit_us = steady_us() + 60 * SECOND_US;
    while (atomic_load(&receipt.calls) < count && steady_us() < limit_us)
        usleep(1000);
    assert_int_equal(atomic_load(&receipt.calls), count);
    assert_int_equal(receipt.status, STATUS_OK);
}

/* A server that does not read soon leaves no room in the socket. Nobody else drives the bus, so
 * nothing ends before all are published. */
static void publishing_waits_for_nothing(void **state)
{
    enum { COUNT = 1000, LONGEST_US = 1000000 };
    struct bus_fixture *fixture = *state;
    static char payload[20000]; /* 20 MB of them */
    memset(payload, 'x', sizeof payload);
    struct bus_message message = {.stream = STREAM_EMOTIONS, .payload = {payload, sizeof payload}};
    static struct receipt receipt;
    int64_t longest_us = 0;
    kill(fixture->server.process.pid, SIGSTOP);
    for (int i = 0; i < COUNT; i++) {
        int64_t start_us = steady_us();
        bus_publish(fixture->bus, &message, receive, &receipt);
        int64_t taken_us = steady_us() - start_us;
        longest_us = taken_us > longest_us ? taken_us : longest_us;
    }
    wait_for_receipt(fixture->bus, &receipt, COUNT);
    assert_true(longest_us < LONGEST_US);
    assert_int_equal(receipt.status, STATUS_UNAVAILABLE);
    kill(fixture->server.process.pid, SIGCONT);
    int64_t limit_us = steady_us() + 20 * SECOND_US;
    while (publish_wait(fixture->bus, &message) != STATUS_OK) {
        assert_true(steady_us() < limit_us);
        if (bus_flush(fixture->bus, 20000) != STATUS_OK) /* connects again */
            usleep(1000);
    }
}

/* Prints figures; only losses fail it. */
static void carries_a_hundred_thousand(void **state)
{
    enum { COUNT = 100000, BATCH = 2000 };
    struct bus *bus = bus_of(state);
    char text[201] = {0};
    memset(text, 'x', 200);
    struct flusher flusher = {.bus = bus};
    assert_int_equal(pthread_create(&flusher.thread, NULL, flush_on, &flusher), 0);
    int64_t start_us = steady_us();
    publish_many(bus, COUNT, text);
    int64_t published_us = steady_us();
    struct bus_consumer *consumer = open_consumer(bus, STREAM_EMOTIONS);
    static struct bus_message in[BATCH];
    size_t total = 0;
    while (total < COUNT) {
        size_t want = COUNT - total < BATCH ? COUNT - total : BATCH;
        size_t count = fetch_count(bus, consumer, in, want);
        assert_int_equal(count, want);
        settle_all(consumer, in, count, OUTCOME_DONE);
        total += count;
    }
    int64_t settled_us = steady_us();
    atomic_store(&flusher.stop, true);
    pthread_join(flusher.thread, NULL);
    bus_consumer_close(consumer);
    print_message("%s: %d messages of 200 bytes: published %lld/s, fetched and settled %lld/s\n",
                  bus->ops->name, COUNT, COUNT * SECOND_US / (published_us - start_us + 1),
                  COUNT * SECOND_US / (settled_us - published_us + 1));
}

#define ON_BOTH(test)                                                                              \
    {"sqlite: " #test, test, bus_fixture_sqlite, bus_fixture_end, NULL},                           \
    {                                                                                              \
        "nats: " #test, test, bus_fixture_nats, bus_fixture_end, NULL                              \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(delivers_what_was_published),
        ON_BOTH(headers_are_optional),
        ON_BOTH(keeps_the_order_and_the_streams_apart),
        ON_BOTH(stores_a_message_id_once),
        ON_BOTH(refuses_what_is_too_large),
        ON_BOTH(delivers_again_what_is_to_be_retried),
        ON_BOTH(delivers_again_what_is_never_settled),
        ON_BOTH(rejected_messages_become_dead_letters),
        ON_BOTH(reads_and_removes_dead_letters),
        ON_BOTH(consumers_share_the_work),
        ON_BOTH(a_closed_consumer_gives_back_its_messages),
        ON_BOTH(rewinds),
        ON_BOTH(rewinding_skips_nothing),
        ON_BOTH(tells_its_lag),
        ON_BOTH(a_tail_sees_what_comes),
        {"nats: publishing_waits_for_nothing", publishing_waits_for_nothing, bus_fixture_nats,
         bus_fixture_end, NULL},
        ON_BOTH(carries_a_hundred_thousand),
    };
    log_start(LOG_ERROR);
    int failed = cmocka_run_group_tests_name("bus", tests, NULL, NULL);
    nats_Close();
    return failed;
}
