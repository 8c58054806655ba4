/* SPDX-License-Identifier: Apache-2.0
 *
 * Publishing and asking: each message carries a reply subject of our own, one inbox gathers what
 * comes back; the window matches confirmations, a list the answers. Nothing is published while
 * disconnected: libnats would keep it in a buffer and say that all is well.
 *
 * A publication waits in the window until a thread of its own sends it: a socket that takes no more
 * holds up whoever writes to it, and holds libnats' lock, for WRITE_DEADLINE_MS.
 *
 * bus_flush sees to the connection, looks for streams after it was made anew, and ends what has
 * waited too long. libnats calls back on threads of its own.
 */
#include "bus/nats.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "bus/nats_internal.h"
#include "process/log.h"
#include "process/steady.h"

/* All publications have the same time limit, so they time out in the order of their serials. */
static struct pending *pending_of(struct window *window, uint64_t serial)
{
    return &window->ring[serial % BUS_WINDOW_MAX];
}

enum status window_init(struct window *window)
{
    *window = (struct window){0};
    window->ring = calloc(BUS_WINDOW_MAX, sizeof *window->ring);
    if (window->ring == NULL)
        return STATUS_INTERNAL;
    pthread_mutex_init(&window->mutex, NULL);
    pthread_cond_init(&window->added, NULL);
    return STATUS_OK;
}

void window_destroy(struct window *window)
{
    assert(window->oldest == window->next); /* each has ended */
    pthread_cond_destroy(&window->added);
    pthread_mutex_destroy(&window->mutex);
    free(window->ring);
}

static bool is_silent(struct window *window, int64_t now_us)
{
    if (window->oldest == window->next)
        return false;
    int64_t since_us = pending_of(window, window->oldest)->added_us;
    if (since_us < window->heard_us)
        since_us = window->heard_us;
    return now_us - since_us >= ENGINE_SILENCE_US;
}

/* With the lock: the ring holds what is between its ends, and bytes wait only with a message. */
static bool window_is_sane(const struct window *window)
{
    return window->oldest <= window->next && window->next - window->oldest <= BUS_WINDOW_MAX &&
           window->unsent <= window->next && window->unsent_bytes <= (size_t)BUS_QUEUE_BYTES_MAX &&
           (window->unsent < window->next || window->unsent_bytes == 0);
}

static bool has_room(struct window *window, size_t size, int64_t now_us)
{
    return window->next - window->oldest < BUS_WINDOW_MAX &&
           window->unsent_bytes + size <= (size_t)BUS_QUEUE_BYTES_MAX && !is_silent(window, now_us);
}

enum status window_add(struct window *window, struct outgoing *outgoing, int64_t now_us)
{
    pthread_mutex_lock(&window->mutex);
    bool room = has_room(window, outgoing->size, now_us);
    if (room) {
        struct pending *pending = pending_of(window, window->next++);
        assert(pending->publication.done == NULL && pending->outgoing == NULL); /* it has ended */
        *pending = (struct pending){outgoing->publication, outgoing, now_us};
        window->unsent_bytes += outgoing->size;
        assert(window_is_sane(window));
    }
    pthread_mutex_unlock(&window->mutex);
    if (!room)
        return STATUS_UNAVAILABLE;
    pthread_cond_signal(&window->added);
    return STATUS_OK;
}

/* Takes the message out of what waits; NULL: it is sent, or ended. */
static struct outgoing *outgoing_take(struct window *window, struct pending *pending)
{
    struct outgoing *outgoing = pending->outgoing;
    pending->outgoing = NULL;
    assert(outgoing == NULL || outgoing->size <= window->unsent_bytes);
    if (outgoing != NULL)
        window->unsent_bytes -= outgoing->size;
    return outgoing;
}

struct outgoing *window_next(struct window *window, uint64_t *serial)
{
    struct outgoing *outgoing = NULL;
    pthread_mutex_lock(&window->mutex);
    for (;;) {
        if (window->unsent < window->oldest)
            window->unsent = window->oldest;
        while (outgoing == NULL && window->unsent < window->next) {
            *serial = window->unsent++;
            outgoing = outgoing_take(window, pending_of(window, *serial));
        }
        assert(window_is_sane(window));
        if (outgoing != NULL || window->closed)
            break;
        pthread_cond_wait(&window->added, &window->mutex);
    }
    pthread_mutex_unlock(&window->mutex);
    return outgoing;
}

void window_close(struct window *window)
{
    pthread_mutex_lock(&window->mutex);
    window->closed = true;
    pthread_mutex_unlock(&window->mutex);
    pthread_cond_signal(&window->added);
}

/* Takes one out, to be ended; the result has no `done` if it has ended before. */
static struct pending take(struct window *window, uint64_t serial)
{
    struct pending taken = {0};
    if (serial < window->oldest || serial >= window->next)
        return taken;
    struct pending *pending = pending_of(window, serial);
    taken = *pending;
    (void)outgoing_take(window, pending);
    pending->publication.done = NULL;
    while (window->oldest < window->next &&
           pending_of(window, window->oldest)->publication.done == NULL)
        window->oldest++;
    assert(window_is_sane(window));
    return taken;
}

/* Without the lock. */
static void end(const struct pending *taken, enum status status)
{
    free(taken->outgoing);
    publication_end(&taken->publication, status);
}

void window_end(struct window *window, uint64_t serial, enum status status)
{
    pthread_mutex_lock(&window->mutex);
    struct pending ended = take(window, serial);
    if (status == STATUS_OK)
        window->heard_us = steady_now_us();
    pthread_mutex_unlock(&window->mutex);
    if (ended.publication.done != NULL)
        end(&ended, status);
}

void window_expire(struct window *window, int64_t now_us)
{
    for (;;) {
        struct pending ended = {0};
        pthread_mutex_lock(&window->mutex);
        if (window->oldest < window->next &&
            pending_of(window, window->oldest)->added_us <= now_us - BUS_PUBLISH_TIMEOUT_US)
            ended = take(window, window->oldest);
        pthread_mutex_unlock(&window->mutex);
        if (ended.publication.done == NULL)
            return;
        end(&ended, STATUS_UNAVAILABLE);
    }
}

/* A PubAck: {"stream":"emotions","seq":1}, or {"error":{…},…}; a repeated message id is OK with
 * "duplicate":true. Written by the server, so looking for its members is enough. */
static enum status confirmation_status(natsMsg *answer)
{
    const char *text = natsMsg_GetData(answer);
    if (natsMsg_IsNoResponders(answer) || text == NULL || strstr(text, "\"error\"") != NULL ||
        strstr(text, "\"seq\"") == NULL)
        return STATUS_UNAVAILABLE;
    return STATUS_OK;
}

struct nats_request {
    LIST_ENTRY(nats_request) place;
    char token[24];  /* what its answer's subject ends with */
    natsMsg *answer; /* NULL: none yet */
};

/* Hands an answer to who waits for it; what came too late is dropped. */
static void answer_take(struct bus_nats *bus, const char *token, natsMsg *answer)
{
    struct nats_request *request;
    pthread_mutex_lock(&bus->events);
    LIST_FOREACH(request, &bus->asked, place) {
        if (strcmp(request->token, token) == 0)
            break;
    }
    if (request != NULL && request->answer == NULL) {
        request->answer = answer;
        answer = NULL;
        pthread_cond_broadcast(&bus->event);
    }
    pthread_mutex_unlock(&bus->events);
    natsMsg_Destroy(answer);
}

static void confirmation_take(struct bus_nats *bus, const char *serial, natsMsg *answer)
{
    if (natsMsg_IsNoResponders(answer)) /* its stream is gone: the next flush makes it anew */
        for (int stream = 0; stream < STREAM_COUNT; stream++)
            atomic_store(&bus->prepared[stream], 0);
    window_end(&bus->window, strtoull(serial, NULL, 16), confirmation_status(answer));
    natsMsg_Destroy(answer);
}

void bus_nats_on_answer(natsConnection *connection, natsSubscription *subscription, natsMsg *answer,
                        void *context)
{
    (void)connection;
    (void)subscription;
    struct bus_nats *bus = context;
    const char *token = natsMsg_GetSubject(answer) + strlen(bus->inbox) + 1;
    if (token[0] == 'r')
        answer_take(bus, token, answer);
    else
        confirmation_take(bus, token, answer);
}

/* Not natsConnection_Request, whose wait lasts as long as the time of day says. */
natsMsg *bus_nats_ask(struct bus_nats *bus, const char *subject, const char *text)
{
    struct nats_request request = {0};
    char reply[NATS_INBOX_SIZE + sizeof request.token];
    struct nats_link *link = nats_link_take(bus);
    if (link == NULL)
        return NULL;
    pthread_mutex_lock(&bus->events);
    snprintf(request.token, sizeof request.token, "r%llx", (unsigned long long)++bus->asked_count);
    LIST_INSERT_HEAD(&bus->asked, &request, place);
    pthread_mutex_unlock(&bus->events);
    snprintf(reply, sizeof reply, "%s.%s", bus->inbox, request.token);
    natsStatus sent = natsConnection_PublishRequestString(link->connection, subject, reply, text);
    int64_t deadline_us = steady_now_us() + NATS_REQUEST_MS * 1000;
    pthread_mutex_lock(&bus->events);
    while (sent == NATS_OK && request.answer == NULL && !link->closed &&
           steady_wait(&bus->event, &bus->events, deadline_us))
        ;
    LIST_REMOVE(&request, place);
    pthread_mutex_unlock(&bus->events);
    nats_link_release(link);
    return request.answer;
}

void bus_nats_publish(struct bus_nats *bus, const struct bus_message *message, struct slice once,
                      bus_published *done, void *context)
{
    bool able = !atomic_load(&bus->refused) && bus_nats_is_connected(bus);
    struct outgoing *outgoing = outgoing_create(message, once, done, context);
    if (outgoing != NULL &&
        (!able || window_add(&bus->window, outgoing, steady_now_us()) != STATUS_OK))
        outgoing_end(outgoing, STATUS_UNAVAILABLE);
}

static natsStatus send_on(const struct nats_link *link, const struct outgoing *outgoing,
                          uint64_t serial)
{
    char reply[NATS_INBOX_SIZE + 20];
    snprintf(reply, sizeof reply, "%s.%llx", link->bus->inbox, (unsigned long long)serial);
    natsMsg *out = bus_nats_message_write(&outgoing->message, outgoing->once, reply);
    natsStatus sent =
        out == NULL ? NATS_NO_MEMORY : natsConnection_PublishMsg(link->connection, out);
    natsMsg_Destroy(out);
    return sent;
}

/* The sending thread. */
static void *send_all(void *context)
{
    struct bus_nats *bus = context;
    struct outgoing *outgoing;
    uint64_t serial;
    while ((outgoing = window_next(&bus->window, &serial)) != NULL) {
        struct nats_link *link = nats_link_take(bus);
        if (link == NULL || send_on(link, outgoing, serial) != NATS_OK)
            window_end(&bus->window, serial, STATUS_UNAVAILABLE);
        nats_link_release(link);
        free(outgoing);
    }
    return NULL;
}

static void publish(struct bus *bus, const struct bus_message *message, bus_published *done,
                    void *context)
{
    bus_nats_publish((struct bus_nats *)bus, message, message->message_id, done, context);
}

static void unreachable_tell(const struct bus_nats *bus)
{
    const char *reason =
        bus->connected == NATS_OK ? "the connection was lost" : natsStatus_GetText(bus->connected);
    log_seldom(LOG_WARN, reason, "bus unreachable", LOG_TEXT("engine", "nats"),
               LOG_TEXT("reason", reason), LOG_TEXT("servers", bus->servers));
}

static enum status flush(struct bus *base, int64_t wait_us)
{
    struct bus_nats *bus = (struct bus_nats *)base;
    int64_t deadline_us = steady_now_us() + wait_us;
    if (wait_us > 0)
        bus_nats_links_drive(bus);
    if (!bus_nats_is_connected(bus))
        unreachable_tell(bus);
    enum status status = bus_nats_prepare_all(bus);
    if (wait_us > 0) {
        pthread_mutex_lock(&bus->events);
        (void)steady_wait(&bus->event, &bus->events, deadline_us);
        pthread_mutex_unlock(&bus->events);
    }
    window_expire(&bus->window, steady_now_us());
    return status;
}

static void bus_free(struct bus_nats *bus)
{
    assert(bus->link == NULL && bus->old_links == NULL && LIST_EMPTY(&bus->asked) &&
           bus->retired == NULL);
    pthread_cond_destroy(&bus->event);
    pthread_mutex_destroy(&bus->events);
    pthread_mutex_destroy(&bus->driver);
    pthread_mutex_destroy(&bus->admin);
    window_destroy(&bus->window);
    free(bus);
}

/* The order matters: libnats' threads call back into the bus until its links have ended, and the
 * sender may hold one until then; a subscription may be destroyed only when nothing comes in. */
static void close_bus(struct bus *base)
{
    struct bus_nats *bus = (struct bus_nats *)base;
    bool ended = bus_nats_links_close(bus);
    window_expire(&bus->window, INT64_MAX);
    if (!ended) {
        log_error("bus does not end; its memory is left", LOG_TEXT("engine", "nats"));
        return;
    }
    window_close(&bus->window);
    pthread_join(bus->sender, NULL);
    nats_retired_free(bus, INT64_MAX);
    bus_free(bus);
}

static const struct bus_ops ops = {
    .name = "nats",
    .publish = publish,
    .flush = flush,
    .consumer_open = nats_consumer_open,
    .fetch = nats_consumer_fetch,
    .settle = nats_consumer_settle,
    .consumer_close = nats_consumer_close,
    .rewind = bus_nats_rewind,
    .read = bus_nats_read,
    .read_free = bus_nats_read_free,
    .remove = bus_nats_remove,
    .lag = bus_nats_lag,
    .health = bus_nats_health,
    .close = close_bus,
};

/* The hosts alone, for messages: what stands before an @ is a secret. Where only some have one, a
 * comma of a password may have parted them, and none is named. */
static void servers_name(struct bus_nats *bus, const char *urls)
{
    int named = 0, secret = 0;
    for (const char *url = urls; *url != '\0'; url += *url == ',') {
        size_t size = strcspn(url, ",");
        const char *at = memrchr(url, '@', size), *scheme = strstr(url, "://");
        const char *host = at != NULL                              ? at + 1
                           : scheme != NULL && scheme < url + size ? scheme + 3
                                                                   : url;
        size_t length = strlen(bus->servers);
        snprintf(bus->servers + length, sizeof bus->servers - length, "%s%.*s",
                 length == 0 ? "" : ",", (int)(url + size - host), host);
        named++;
        secret += at != NULL;
        url += size;
    }
    if (secret != 0 && secret != named)
        strcpy(bus->servers, "NATS");
}

enum status bus_nats_open(const struct bus_nats_options *options, struct bus **out,
                          char reason[REASON_MAX + 1])
{
    struct bus_nats *bus = calloc(1, sizeof *bus);
    reason[0] = '\0';
    if (bus == NULL)
        return STATUS_INTERNAL;
    bus->base.ops = &ops;
    bus->replicas = options->replicas;
    bus->in_memory = options->in_memory;
    servers_name(bus, options->urls);
    steady_condition_init(&bus->event);
    pthread_mutex_init(&bus->events, NULL);
    pthread_mutex_init(&bus->driver, NULL);
    pthread_mutex_init(&bus->admin, NULL);
    enum status status = window_init(&bus->window);
    if (status == STATUS_OK && pthread_create(&bus->sender, NULL, send_all, bus) != 0)
        status = STATUS_INTERNAL;
    if (status != STATUS_OK) {
        bus_free(bus);
        return status;
    }
    status = bus_nats_links_open(bus, options->urls, options->ca_file, reason);
    if (status == STATUS_OK && bus_nats_is_connected(bus) && bus_nats_prepare_all(bus) != STATUS_OK)
        snprintf(reason, REASON_MAX + 1, "%s: %.120s", bus->servers, bus->fault);
    if (status != STATUS_OK || atomic_load(&bus->refused)) {
        close_bus(&bus->base);
        return STATUS_INVALID;
    }
    *out = &bus->base;
    return STATUS_OK;
}
