/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/wake.h"

#include <assert.h>

#include "wire/fields.h"

enum { BATCH = 64, WAIT_US = 250000, PAUSE_US = 500000 };

/* The person a notification is for; false if it is none of ours. */
static bool notified_user(struct slice payload, struct uuid *user_id)
{
    struct fields fields;
    struct refusal refusal;
    if (fields_open(payload, &fields, &refusal) != STATUS_OK)
        return false;
    field_uuid(&fields, "userId", user_id);
    return fields_close(&fields, &refusal) == STATUS_OK;
}

/* Takes what has come, and wakes whom it is for. */
static enum status wake_some(struct wake *wake, struct bus_consumer *tail)
{
    struct bus_message messages[BATCH];
    enum outcome outcomes[BATCH] = {OUTCOME_DONE};
    size_t count = 0;
    enum status status = bus_fetch(tail, messages, BATCH, WAIT_US, &count);
    if (status != STATUS_OK)
        return status;
    assert(count <= BATCH);
    for (size_t i = 0; i < count; i++) {
        struct uuid user_id;
        if (notified_user(messages[i].payload, &user_id))
            http_server_wake(wake->server, &user_id);
    }
    return bus_settle(tail, messages, outcomes, count);
}

static void *run(void *argument)
{
    struct wake *wake = argument;
    struct bus_consumer *tail = NULL;
    while (!stop_wait(wake->stop, 0)) {
        enum status status = STATUS_OK;
        if (tail == NULL)
            status = bus_tail_open(wake->bus, STREAM_NOTIFICATIONS, &tail);
        if (status == STATUS_OK)
            status = wake_some(wake, tail);
        if (status != STATUS_OK && stop_wait(wake->stop, PAUSE_US))
            break;
    }
    if (tail != NULL)
        bus_consumer_close(tail);
    return NULL;
}

static bool streams_events(const struct endpoint *endpoint)
{
    return endpoint->kind == ENDPOINT_EVENTS;
}

enum status wake_start(struct wake *wake, const struct runner_options *options,
                       struct http_server *server, struct stop *stop)
{
    *wake = (struct wake){.bus = options->bus, .server = server, .stop = stop};
    if (!runner_any_endpoint(options, streams_events))
        return STATUS_OK;
    wake->running = pthread_create(&wake->thread, NULL, run, wake) == 0;
    return wake->running ? STATUS_OK : STATUS_UNAVAILABLE;
}

void wake_join(struct wake *wake)
{
    if (wake->running)
        pthread_join(wake->thread, NULL);
    wake->running = false;
}
