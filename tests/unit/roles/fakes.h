/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of single roles: a bus that keeps what is published until the test confirms it, and
 * the functions by which a handler answers. The contract suites prove the real adapters; these
 * prove what a role does with them.
 */
#ifndef ECS_TESTS_UNIT_ROLES_FAKES_H
#define ECS_TESTS_UNIT_ROLES_FAKES_H

#include <stdlib.h>

#include "../unit.h"
#include "ports/bus.h"
#include "ports/endpoint.h"
#include "roles/role.h"
#include "wire/fields.h"

enum { FAKE_MESSAGES_MAX = 1100, FAKE_PAYLOAD_MAX = 1024 };

static const int64_t fake_now_us = 1772366400LL * SECOND_US; /* 2026-03-01T12:00:00Z */

/* A message that was published, with its callback to be called by the test. */
struct fake_message {
    enum stream stream;
    char payload[FAKE_PAYLOAD_MAX];
    char message_id[64];
    char request_id[TRACE_ID_MAX + 1];
    char producer[PRODUCER_MAX + 1];
    bus_published *done;
    void *context;
};

struct fake_bus {
    struct bus base;
    bool confirms_at_once;
    enum status answer; /* of messages that are confirmed at once */
    size_t count;
    struct fake_message messages[FAKE_MESSAGES_MAX];
};

static inline void fake_copy(char *out, size_t size, struct slice text)
{
    assert_true(text.size < size);
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
}

static inline void fake_publish(struct bus *bus, const struct bus_message *message,
                                bus_published *done, void *context)
{
    struct fake_bus *fake = (struct fake_bus *)bus;
    assert_true(fake->count < FAKE_MESSAGES_MAX);
    struct fake_message *kept = &fake->messages[fake->count++];
    kept->stream = message->stream;
    fake_copy(kept->payload, sizeof kept->payload, message->payload);
    fake_copy(kept->message_id, sizeof kept->message_id, message->message_id);
    fake_copy(kept->request_id, sizeof kept->request_id, message->request_id);
    fake_copy(kept->producer, sizeof kept->producer, message->producer);
    kept->done = done;
    kept->context = context;
    if (fake->confirms_at_once)
        done(context, fake->answer);
}

static __attribute__((unused))
const struct bus_ops fake_bus_ops = {.name = "fake", .publish = fake_publish};

static inline void fake_confirm(struct fake_bus *bus, size_t i, enum status status)
{
    bus->messages[i].done(bus->messages[i].context, status);
}

/* Answers over HTTP, as src/http writes them. */
static _Atomic int fake_exchanges_done;

void exchange_done(struct exchange *exchange)
{
    (void)exchange;
    fake_exchanges_done++;
}

/* Handlers that want to block are counted, and run again by the test. */
static int fake_exchanges_deferred;

void exchange_defer(struct exchange *exchange)
{
    (void)exchange;
    fake_exchanges_deferred++;
}

void response_error(struct response *response, enum status status, const char *detail)
{
    response->http_status = status_http(status);
    buf_clear(&response->body);
    buf_text(&response->body, detail);
}

void response_field_errors(struct response *response, const struct field_errors *errors)
{
    response->http_status = status_http(STATUS_INVALID);
    buf_clear(&response->body);
    field_errors_write(errors, &response->body);
}

static inline void fake_exchange_open(struct exchange *exchange, const char *body)
{
    *exchange = (struct exchange){
        .request = {.body = slice_of(body), .request_id = "request-1", .received_us = fake_now_us}};
    buf_init(&exchange->response.body, HTTP_BATCH_BODY_MAX);
    fake_exchanges_done = 0;
    fake_exchanges_deferred = 0;
}

static inline void fake_exchange_close(struct exchange *exchange)
{
    free(exchange->scratch);
    buf_free(&exchange->response.body);
}

#endif
