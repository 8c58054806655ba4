/* SPDX-License-Identifier: Apache-2.0
 *
 * The connection, and publishing: each message carries a reply subject of our own, one inbox
 * gathers the confirmations, the window matches them. Nothing is published while disconnected:
 * libnats would keep it in a buffer and say that all is well.
 *
 * bus_flush looks for streams after a reconnection and ends what has waited too long. libnats
 * calls back on threads of its own.
 */
#include "adapters/bus_nats.h"

#include <stdio.h>
#include <stdlib.h>

#include "adapters/bus_nats_internal.h"
#include "base/log.h"
#include "base/steady.h"

enum {
    SERVERS_MAX = 16,
    PING_MS = 2000,
    PINGS_OUT_MAX = 2,
    WRITE_DEADLINE_MS = 2000,
    CONNECT_MS = 2000,
    RECONNECT_MS = 250,
    JITTER_MS = 100,
    ENDINGS = 2, /* the connection is closed, the last confirmation is handled */
    ENDING_MAX_US = 5 * 1000000
};

/* Not asked of libnats, which would let us wait for as long as it tries to connect to a server that
 * is frozen. */
bool nats_connected(const struct bus_nats *bus)
{
    return atomic_load(&bus->connected);
}

static void signal_event(struct bus_nats *bus, int endings)
{
    pthread_mutex_lock(&bus->events);
    bus->endings += endings;
    pthread_cond_broadcast(&bus->event);
    pthread_mutex_unlock(&bus->events);
}

static void on_connected(natsConnection *connection, void *context)
{
    (void)connection;
    struct bus_nats *bus = context;
    atomic_store(&bus->connected, true);
    atomic_fetch_add(&bus->epoch, 1);
    log_info("bus connected", LOG_TEXT("engine", "nats"));
    signal_event(bus, 0);
}

static void on_disconnected(natsConnection *connection, void *context)
{
    (void)connection;
    struct bus_nats *bus = context;
    atomic_store(&bus->connected, false);
    log_warn("bus disconnected", LOG_TEXT("engine", "nats"));
    window_expire(&bus->window, INT64_MAX);
}

static void on_closed(natsConnection *connection, void *context)
{
    (void)connection;
    struct bus_nats *bus = context;
    atomic_store(&bus->closed, true);
    signal_event(bus, 1);
}

/* A refused permission: what was sent there has no answer, and the server's words name the subject.
 */
static void on_error(natsConnection *connection, natsSubscription *subscription, natsStatus error,
                     void *context)
{
    (void)subscription;
    (void)context;
    const char *words = "";
    (void)natsConnection_GetLastError(connection, &words);
    if (error == NATS_NOT_PERMITTED)
        log_seldom(LOG_ERROR, words, "bus refused: this user may not", LOG_TEXT("engine", "nats"),
                   LOG_TEXT("reason", words));
}

static void on_confirmations_ended(void *context)
{
    signal_event(context, 1);
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

static void on_confirmation(natsConnection *connection, natsSubscription *subscription,
                            natsMsg *answer, void *context)
{
    (void)connection;
    (void)subscription;
    struct bus_nats *bus = context;
    const char *serial = natsMsg_GetSubject(answer) + strlen(bus->inbox) + 1;
    if (natsMsg_IsNoResponders(answer)) /* its stream is gone: the next flush makes it anew */
        for (int stream = 0; stream < STREAM_COUNT; stream++)
            atomic_store(&bus->prepared[stream], 0);
    window_end(&bus->window, strtoull(serial, NULL, 16), confirmation_status(answer));
    natsMsg_Destroy(answer);
}

void nats_publish(struct bus_nats *bus, const struct bus_message *message, struct slice once,
                  bus_published *done, void *context)
{
    struct publication publication = {message->stream, done, context};
    uint64_t serial;
    if (!nats_connected(bus) || atomic_load(&bus->refused) ||
        window_add(&bus->window, &publication, steady_now_us(), &serial) != STATUS_OK) {
        publication_end(&publication, STATUS_UNAVAILABLE);
        return;
    }
    char reply[NATS_INBOX_SIZE + 20];
    snprintf(reply, sizeof reply, "%s.%llx", bus->inbox, (unsigned long long)serial);
    natsMsg *out = nats_message_write(message, once, reply);
    if (out == NULL || natsConnection_PublishMsg(bus->connection, out) != NATS_OK)
        window_end(&bus->window, serial, STATUS_UNAVAILABLE);
    natsMsg_Destroy(out);
}

static void publish(struct bus *bus, const struct bus_message *message, bus_published *done,
                    void *context)
{
    if (message->payload.size > BUS_PAYLOAD_MAX)
        publication_end(&(struct publication){message->stream, done, context}, STATUS_TOO_LARGE);
    else
        nats_publish((struct bus_nats *)bus, message, message->message_id, done, context);
}

/* The words of libnats change while they are read; its status does not. */
static void unreachable_tell(struct bus_nats *bus)
{
    const char *words;
    natsStatus status = natsConnection_GetLastError(bus->connection, &words);
    log_seldom(LOG_WARN, "", "bus unreachable", LOG_TEXT("engine", "nats"),
               LOG_TEXT("reason",
                        status == NATS_OK ? "the connection was lost" : natsStatus_GetText(status)),
               LOG_TEXT("servers", bus->servers));
}

static enum status flush(struct bus *base, int64_t wait_us)
{
    struct bus_nats *bus = (struct bus_nats *)base;
    if (atomic_load(&bus->closed)) { /* as libnats does after two refused passwords */
        window_expire(&bus->window, INT64_MAX);
        return STATUS_INTERNAL;
    }
    if (!nats_connected(bus))
        unreachable_tell(bus);
    int64_t deadline_us = steady_now_us() + wait_us;
    enum status status = nats_prepare_all(bus);
    if (wait_us > 0) {
        pthread_mutex_lock(&bus->events);
        (void)steady_wait(&bus->event, &bus->events, deadline_us);
        pthread_mutex_unlock(&bus->events);
    }
    window_expire(&bus->window, steady_now_us());
    return status;
}

/* The order matters: libnats' threads call back into the bus until the connection is closed and
 * the confirmations have ended; a subscription may be destroyed only when nothing comes in. */
static void close_bus(struct bus *base)
{
    struct bus_nats *bus = (struct bus_nats *)base;
    natsConnection_Close(bus->connection);
    int64_t deadline_us = steady_now_us() + ENDING_MAX_US;
    pthread_mutex_lock(&bus->events);
    while (bus->endings < ENDINGS && steady_now_us() < deadline_us)
        (void)steady_wait(&bus->event, &bus->events, deadline_us);
    bool ended = bus->endings == ENDINGS;
    pthread_mutex_unlock(&bus->events);
    window_expire(&bus->window, INT64_MAX);
    if (!ended) {
        log_error("bus does not end; its memory is left", LOG_TEXT("engine", "nats"));
        return;
    }
    nats_consumers_free(bus, INT64_MAX);
    natsSubscription_Destroy(bus->confirmations);
    natsConnection_Destroy(bus->connection);
    pthread_cond_destroy(&bus->event);
    pthread_mutex_destroy(&bus->events);
    pthread_mutex_destroy(&bus->admin);
    window_destroy(&bus->window);
    free(bus);
}

static const struct bus_ops ops = {
    .name = "nats",
    .publish = publish,
    .flush = flush,
    .consumer_open = nats_consumer_open,
    .tail_open = nats_tail_open,
    .fetch = nats_fetch,
    .settle = nats_settle,
    .consumer_close = nats_consumer_close,
    .rewind = nats_rewind,
    .read = nats_read,
    .read_free = nats_read_free,
    .remove = nats_remove,
    .lag = nats_lag,
    .health = nats_health,
    .close = close_bus,
};

/* nats:// and tls:// alone: libnats takes any other scheme for nats. */
static bool url_is_sound(const char *url)
{
    const char *scheme_end = strstr(url, "://");
    return scheme_end == NULL || strncmp(url, "nats://", 7) == 0 || strncmp(url, "tls://", 6) == 0;
}

/* `last`: a server to be tried after all others; NULL: none. */
static natsStatus set_servers(natsOptions *options, const char *urls, const char *last,
                              const char *ca_file)
{
    static const char scheme[] = "tls://";
    const char *servers[SERVERS_MAX + 1];
    int count = 0, secure = 0;
    bool sound = true;
    natsStatus status = NATS_INVALID_ARG;
    char *rest = NULL, *copy = strdup(urls);
    for (char *url = copy == NULL ? NULL : strtok_r(copy, ", ", &rest);
         url != NULL && count < SERVERS_MAX; url = strtok_r(NULL, ", ", &rest)) {
        sound = sound && url_is_sound(url);
        secure += strncmp(url, scheme, sizeof scheme - 1) == 0;
        servers[count++] = url;
    }
    /* To the library a scheme is a word: unless it is told, it sends the password in the clear to
     * whatever server asks for no TLS. One rule for all, because it may turn to any of them. */
    bool fit = sound && count > 0 && (secure == 0 || secure == count);
    if (fit && last != NULL)
        servers[count++] = last;
    if (fit)
        status = natsOptions_SetServers(options, servers, count);
    if (status == NATS_OK && secure > 0)
        status = natsOptions_SetSecure(options, true);
    if (status == NATS_OK && secure > 0 && ca_file[0] != '\0')
        status = natsOptions_LoadCATrustedCertificates(options, ca_file);
    free(copy);
    return status;
}

/* Defaults of libnats give up after 60 attempts, notice a dead server after 4 minutes, and may
 * block a publisher for ever. */
static natsStatus set_options(natsOptions *options, struct bus_nats *bus, const char *urls,
                              const char *ca_file)
{
    natsStatus status = set_servers(options, urls, NULL, ca_file);
    const natsStatus all[] = {
        natsOptions_SetName(options, "ecs"),
        natsOptions_SetTimeout(options, CONNECT_MS),
        natsOptions_SetMaxReconnect(options, -1),
        natsOptions_SetReconnectWait(options, RECONNECT_MS),
        natsOptions_SetReconnectJitter(options, JITTER_MS, JITTER_MS),
        natsOptions_SetReconnectBufSize(options, 1),
        natsOptions_SetPingInterval(options, PING_MS),
        natsOptions_SetMaxPingsOut(options, PINGS_OUT_MAX),
        natsOptions_SetWriteDeadline(options, WRITE_DEADLINE_MS),
        natsOptions_SetFailRequestsOnDisconnect(options, true),
        natsOptions_SetReconnectedCB(options, on_connected, bus),
        natsOptions_SetDisconnectedCB(options, on_disconnected, bus),
        natsOptions_SetClosedCB(options, on_closed, bus),
        natsOptions_SetErrorHandler(options, on_error, bus),
        natsOptions_SetCustomInboxPrefix(options, bus->inboxes),
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0] && status == NATS_OK; i++)
        status = all[i];
    return status;
}

/* Under the user's name, so that a server can let each user hear its own answers and no others.
 * What stands alone before an @ is a token, and a secret. */
static void inboxes_name(struct bus_nats *bus, const char *urls)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const char *scheme_end = strstr(urls, "://");
    const char *user = scheme_end == NULL ? urls : scheme_end + 3;
    size_t size = strspn(user, letters), rest = strcspn(user, "@,");
    bool named = size > 0 && size <= NATS_USER_MAX && user[size] == ':' && user[rest] == '@';
    snprintf(bus->inboxes, sizeof bus->inboxes, "_INBOX%s%.*s", named ? "." : "",
             named ? (int)size : 0, user);
}

enum status nats_inbox_make(const struct bus_nats *bus, char inbox[NATS_INBOX_SIZE])
{
    static const char standard[] = "_INBOX";
    natsInbox *made = NULL;
    if (natsInbox_Create(&made) != NATS_OK)
        return STATUS_INTERNAL;
    snprintf(inbox, NATS_INBOX_SIZE, "%s%s", bus->inboxes, made + sizeof standard - 1);
    natsInbox_Destroy(made);
    return STATUS_OK;
}

static natsStatus subscribe(struct bus_nats *bus)
{
    char subject[NATS_INBOX_SIZE + 2];
    if (nats_inbox_make(bus, bus->inbox) != STATUS_OK)
        return NATS_NO_MEMORY;
    snprintf(subject, sizeof subject, "%s.*", bus->inbox);
    natsStatus status = natsConnection_Subscribe(&bus->confirmations, bus->connection, subject,
                                                 on_confirmation, bus);
    if (status == NATS_OK)
        status = natsSubscription_SetPendingLimits(bus->confirmations, -1, -1);
    if (status == NATS_OK)
        status = natsSubscription_SetOnCompleteCB(bus->confirmations, on_confirmations_ended, bus);
    return status;
}

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

/* What libnats said last in this thread, without the place in its source. */
static void words(const struct bus_nats *bus, natsStatus status, char reason[REASON_MAX + 1])
{
    const char *text = nats_GetLastError(NULL);
    const char *start = text == NULL ? NULL : strstr(text, "): ");
    snprintf(reason, REASON_MAX + 1, "%s: %s", bus->servers,
             start == NULL ? natsStatus_GetText(status) : start + 3);
}

/* libnats tries on for ever. But if the last server that it tries first takes the connection and
 * then ends it, it forgets its place among them and gives up (3.4.1); so the last is one at which
 * nobody listens. */
static natsStatus connect_later(struct bus_nats *bus, natsOptions *options, const char *urls,
                                const char *ca_file)
{
    static const char nobody[] = "nats://127.0.0.1:1";
    natsStatus status = set_servers(options, urls, nobody, ca_file);
    if (status == NATS_OK)
        status = natsOptions_SetNoRandomize(options, true);
    if (status == NATS_OK)
        status = natsOptions_SetRetryOnFailedConnect(options, true, on_connected, bus);
    return status == NATS_OK ? natsConnection_Connect(&bus->connection, options) : status;
}

/* Connects once, to learn why that fails; where waiting may mend it, libnats then tries on. */
static enum status connect_bus(struct bus_nats *bus, const char *urls, const char *ca_file,
                               char reason[REASON_MAX + 1])
{
    natsOptions *options = NULL;
    natsStatus status = natsOptions_Create(&options);
    if (status == NATS_OK)
        status = set_options(options, bus, urls, ca_file);
    if (status == NATS_OK)
        status = natsConnection_Connect(&bus->connection, options);
    if (status != NATS_OK && status != NATS_INVALID_ARG) /* whose words may hold a password */
        words(bus, status, reason);
    if (status != NATS_OK && status != NATS_INVALID_ARG && status != NATS_CONNECTION_AUTH_FAILED)
        status = connect_later(bus, options, urls, ca_file);
    natsOptions_Destroy(options);
    if (status == NATS_OK)
        on_connected(bus->connection, bus);
    return status == NATS_OK || status == NATS_NOT_YET_CONNECTED ? STATUS_OK : STATUS_INVALID;
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
    inboxes_name(bus, options->urls);
    steady_condition_init(&bus->event);
    pthread_mutex_init(&bus->events, NULL);
    pthread_mutex_init(&bus->admin, NULL);
    enum status status = window_init(&bus->window);
    if (status != STATUS_OK)
        goto fail_window;
    status = connect_bus(bus, options->urls, options->ca_file, reason);
    if (status != STATUS_OK)
        goto fail_connect;
    if (subscribe(bus) != NATS_OK) {
        bus->endings = 1; /* no confirmations will end */
        close_bus(&bus->base);
        return STATUS_INTERNAL;
    }
    if (nats_connected(bus) && nats_prepare_all(bus) != STATUS_OK)
        snprintf(reason, REASON_MAX + 1, "%s: %.120s", bus->servers, bus->fault);
    if (atomic_load(&bus->refused)) {
        close_bus(&bus->base);
        return STATUS_INVALID;
    }
    *out = &bus->base;
    return STATUS_OK;
fail_connect:
    window_destroy(&bus->window);
fail_window:
    pthread_cond_destroy(&bus->event);
    pthread_mutex_destroy(&bus->events);
    pthread_mutex_destroy(&bus->admin);
    free(bus);
    return status;
}
