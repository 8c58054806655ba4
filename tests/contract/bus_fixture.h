/* SPDX-License-Identifier: Apache-2.0
 *
 * What the bus suites share: a fresh bus per test, and calls that must succeed.
 */
#ifndef ECS_TESTS_BUS_FIXTURE_H
#define ECS_TESTS_BUS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nats_server.h"
#include "ports/bus.h"

struct bus_fixture {
    struct bus *bus;
    struct nats_server server; /* of the NATS suite */
    char folder[64];
};

/* A publication and what became of it. */
struct receipt {
    atomic_int calls;
    _Atomic enum status status;
};

int bus_fixture_sqlite(void **state);
int bus_fixture_nats(void **state);
int bus_fixture_end(void **state);

int64_t steady_us(void);
void receive(void *receipt, enum status status);
/* Flushes until `receipt` has `calls` or 15 s have gone. */
void wait_for_receipt(struct bus *bus, struct receipt *receipt, int calls);
/* Publishes and waits for the answer. */
enum status publish_wait(struct bus *bus, const struct bus_message *message);
/* Publishes `text` on the stream and fails the test if it is not stored. */
void publish_text(struct bus *bus, enum stream stream, const char *text, const char *message_id);
/* Fetches until `count` messages have come or 20 s have gone; returns how many came. */
size_t fetch_count(struct bus *bus, struct bus_consumer *consumer, struct bus_message messages[],
                   size_t count);
void settle_all(struct bus_consumer *consumer, const struct bus_message messages[], size_t count,
                enum outcome outcome);
/* A consumer that is ready: its bus is connected. */
struct bus_consumer *open_consumer(struct bus *bus, enum stream stream);

#endif
