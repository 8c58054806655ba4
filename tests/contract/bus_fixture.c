/* SPDX-License-Identifier: Apache-2.0 */
#include "bus_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "adapters/clock.h"
#include "bus/nats.h"
#include "bus/sqlite.h"

int64_t steady_us(void)
{
    return clock_monotonic_us(clock_system());
}

static struct bus_fixture *fixture_create(void)
{
    struct bus_fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/ecs-bus-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    return fixture;
}

int bus_fixture_sqlite(void **state)
{
    struct bus_fixture *fixture = fixture_create();
    char path[128], reason[REASON_MAX + 1];
    snprintf(path, sizeof path, "%s/bus.db", fixture->folder);
    assert_int_equal(bus_sqlite_open(path, clock_system(), &fixture->bus, reason), STATUS_OK);
    *state = fixture;
    return 0;
}

static enum status bus_ping(struct bus *bus)
{
    struct health health = {0};
    return bus_health(bus, &health);
}

int bus_fixture_nats(void **state)
{
    struct bus_fixture *fixture = fixture_create();
    nats_server_start(&fixture->server, fixture->folder);
    char reason[REASON_MAX + 1];
    const struct bus_nats_options options = {
        .urls = fixture->server.url, .ca_file = "", .replicas = 1};
    assert_int_equal(bus_nats_open(&options, &fixture->bus, reason), STATUS_OK);
    int64_t limit_us = steady_us() + 15 * SECOND_US;
    while (bus_ping(fixture->bus) != STATUS_OK && steady_us() < limit_us)
        usleep(5000);
    assert_int_equal(bus_ping(fixture->bus), STATUS_OK);
    *state = fixture;
    return 0;
}

int bus_fixture_end(void **state)
{
    struct bus_fixture *fixture = *state;
    char command[128];
    bus_close(fixture->bus);
    nats_server_stop(&fixture->server, SIGKILL);
    snprintf(command, sizeof command, "rm -rf '%s'", fixture->folder);
    int failed = system(command);
    free(fixture);
    return failed;
}

void receive(void *context, enum status status)
{
    struct receipt *receipt = context;
    atomic_store(&receipt->status, status);
    atomic_fetch_add(&receipt->calls, 1);
}

void wait_for_receipt(struct bus *bus, struct receipt *receipt, int calls)
{
    int64_t limit_us = steady_us() + 15 * SECOND_US;
    while (atomic_load(&receipt->calls) < calls && steady_us() < limit_us)
        if (bus_flush(bus, 2000) != STATUS_OK)
            usleep(2000);
    assert_int_equal(atomic_load(&receipt->calls), calls);
}

enum status publish_wait(struct bus *bus, const struct bus_message *message)
{
    struct receipt receipt = {0};
    bus_publish(bus, message, receive, &receipt);
    wait_for_receipt(bus, &receipt, 1);
    return receipt.status;
}

void publish_text(struct bus *bus, enum stream stream, const char *text, const char *message_id)
{
    struct bus_message message = {
        .stream = stream, .payload = slice_of(text), .message_id = slice_of(message_id)};
    assert_int_equal(publish_wait(bus, &message), STATUS_OK);
}

size_t fetch_count(struct bus *bus, struct bus_consumer *consumer, struct bus_message messages[],
                   size_t count)
{
    size_t total = 0;
    int64_t limit_us = steady_us() + 20 * SECOND_US;
    while (total < count && steady_us() < limit_us) {
        size_t more = 0;
        if (bus_fetch(consumer, messages + total, count - total, 50000, &more) != STATUS_OK &&
            bus_flush(bus, 1000) != STATUS_OK)
            usleep(1000);
        total += more;
    }
    return total;
}

void settle_all(struct bus_consumer *consumer, const struct bus_message messages[], size_t count,
                enum outcome outcome)
{
    enum outcome *outcomes = calloc(count, sizeof *outcomes);
    for (size_t i = 0; i < count; i++)
        outcomes[i] = outcome;
    assert_int_equal(bus_settle(consumer, messages, outcomes, count), STATUS_OK);
    free(outcomes);
}

struct bus_consumer *open_consumer(struct bus *bus, enum stream stream)
{
    struct bus_consumer *consumer = NULL;
    assert_int_equal(bus_consumer_open(bus, stream, &consumer), STATUS_OK);
    return consumer;
}
