/* SPDX-License-Identifier: Apache-2.0
 *
 * The connection, which ends and is made anew. libnats does not reconnect by itself: it may give up
 * for good, and it waits by the time of day. So a link lives until its connection is lost, and the
 * next one is made here, by the steady clock; consumers subscribe again when they see another.
 *
 * What libnats still times by the time of day, its pings and the waits for a next message, lasts
 * longer by as much as that clock is set back. Then a new link takes over at once, and the old one
 * is closed a moment later, which ends every wait on it: docs/decisions/bus-nats.md.
 *
 * libnats calls back on threads of its own, until the connection is closed and the subscription has
 * ended. Only then, and when nobody uses it, a link is freed.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapters/clock.h"
#include "bus/nats_internal.h"
#include "process/log.h"
#include "process/steady.h"

enum {
    SERVERS_MAX = 16,
    PING_MS = 2000,
    PINGS_OUT_MAX = 2,
    WRITE_DEADLINE_MS = 2000,
    CONNECT_MS = 2000,
    CONNECT_PAUSE_US = 250000,
    STEP_US = 1000000,  /* set back by less, waits do not last much longer */
    GRACE_US = 1000000, /* an old link is kept open for what is under way on it */
    RETIRED_US = 10000000,
    ENDING_MAX_US = 5000000
};

struct nats_link *nats_link_take(struct bus_nats *bus)
{
    pthread_mutex_lock(&bus->events);
    struct nats_link *link = bus->link != NULL && !bus->link->closed ? bus->link : NULL;
    if (link != NULL)
        link->users++;
    pthread_mutex_unlock(&bus->events);
    return link;
}

void nats_link_release(struct nats_link *link)
{
    if (link == NULL)
        return;
    struct bus_nats *bus = link->bus;
    pthread_mutex_lock(&bus->events);
    assert(link->users > 0);
    link->users--;
    if (link != bus->link) /* its end may have waited for this */
        pthread_cond_broadcast(&bus->event);
    pthread_mutex_unlock(&bus->events);
}

bool bus_nats_is_connected(struct bus_nats *bus)
{
    struct nats_link *link = nats_link_take(bus);
    nats_link_release(link);
    return link != NULL;
}

/* One of the last two things that libnats does with a link, which may be gone afterwards. */
static void ending_note(struct nats_link *link, bool closed)
{
    struct bus_nats *bus = link->bus;
    pthread_mutex_lock(&bus->events);
    assert(link->endings > 0 && !(closed && link->closed));
    link->closed |= closed;
    link->endings--;
    pthread_cond_broadcast(&bus->event);
    pthread_mutex_unlock(&bus->events);
}

static void on_closed(natsConnection *connection, void *context)
{
    (void)connection;
    struct nats_link *link = context;
    if (!atomic_load(&link->retired)) {
        log_warn("bus disconnected", LOG_TEXT("engine", "nats"));
        window_expire(&link->bus->window, INT64_MAX);
    }
    ending_note(link, true);
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

static void on_answers_ended(void *context)
{
    ending_note(context, false);
}

/* nats:// and tls:// alone: libnats takes any other scheme for nats. */
static bool url_is_sound(const char *url)
{
    const char *scheme_end = strstr(url, "://");
    return scheme_end == NULL || strncmp(url, "nats://", 7) == 0 || strncmp(url, "tls://", 6) == 0;
}

static natsStatus set_servers(natsOptions *options, const char *urls, const char *ca_file)
{
    static const char scheme[] = "tls://";
    const char *servers[SERVERS_MAX];
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
    if (sound && count > 0 && (secure == 0 || secure == count))
        status = natsOptions_SetServers(options, servers, count);
    if (status == NATS_OK && secure > 0)
        status = natsOptions_SetSecure(options, true);
    if (status == NATS_OK && secure > 0 && ca_file[0] != '\0')
        status = natsOptions_LoadCATrustedCertificates(options, ca_file);
    free(copy);
    return status;
}

/* Defaults of libnats notice a dead server after 4 minutes, and may block a publisher for ever. */
static natsStatus set_options(natsOptions *options, const char *urls, const char *ca_file)
{
    natsStatus status = set_servers(options, urls, ca_file);
    const natsStatus all[] = {
        natsOptions_SetName(options, "ecs"),
        natsOptions_SetTimeout(options, CONNECT_MS),
        natsOptions_SetAllowReconnect(options, false),
        natsOptions_SetPingInterval(options, PING_MS),
        natsOptions_SetMaxPingsOut(options, PINGS_OUT_MAX),
        natsOptions_SetWriteDeadline(options, WRITE_DEADLINE_MS),
        natsOptions_SetErrorHandler(options, on_error, NULL),
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

enum status bus_nats_inbox_make(const struct bus_nats *bus, char inbox[NATS_INBOX_SIZE])
{
    static const char standard[] = "_INBOX";
    natsInbox *made = NULL;
    if (natsInbox_Create(&made) != NATS_OK)
        return STATUS_INTERNAL;
    snprintf(inbox, NATS_INBOX_SIZE, "%s%s", bus->inboxes, made + sizeof standard - 1);
    natsInbox_Destroy(made);
    return STATUS_OK;
}

static natsStatus subscribe(struct nats_link *link)
{
    char subject[NATS_INBOX_SIZE + 2];
    snprintf(subject, sizeof subject, "%s.*", link->bus->inbox);
    natsStatus status = natsConnection_Subscribe(&link->answers, link->connection, subject,
                                                 bus_nats_on_answer, link->bus);
    if (status == NATS_OK)
        status = natsSubscription_SetPendingLimits(link->answers, -1, -1);
    if (status != NATS_OK || (status = natsSubscription_SetOnCompleteCB(
                                  link->answers, on_answers_ended, link)) != NATS_OK)
        ending_note(link, false);
    return status;
}

/* A link that is no longer current: from now on its end is no loss. */
static void retire(struct bus_nats *bus, struct nats_link *link, int64_t close_at_us)
{
    assert(link != bus->link && link->next == NULL);
    atomic_store(&link->retired, true);
    link->close_at_us = close_at_us;
    link->next = bus->old_links;
    bus->old_links = link;
}

/* Tries every server once. Anything but OK: there is no new link, and the old one stays. */
static natsStatus connect_anew(struct bus_nats *bus)
{
    struct nats_link *link = calloc(1, sizeof *link);
    if (link == NULL)
        return NATS_NO_MEMORY;
    *link = (struct nats_link){.bus = bus, .endings = 2}; /* closed, and the answers have ended */
    natsStatus status = natsOptions_SetClosedCB(bus->options, on_closed, link);
    if (status == NATS_OK)
        status = natsConnection_Connect(&link->connection, bus->options);
    if (status != NATS_OK) {
        free(link);
        return status;
    }
    status = subscribe(link);
    if (status != NATS_OK) {
        retire(bus, link, 0);
        return status;
    }
    pthread_mutex_lock(&bus->events);
    struct nats_link *before = bus->link;
    bus->link = link;
    link->number = atomic_fetch_add(&bus->epoch, 1) + 1;
    pthread_cond_broadcast(&bus->event);
    pthread_mutex_unlock(&bus->events);
    if (before != NULL)
        retire(bus, before, steady_now_us() + GRACE_US);
    log_info("bus connected", LOG_TEXT("engine", "nats"));
    return NATS_OK;
}

/* Closes old links whose time has come and frees those that have ended. */
static void old_links_end(struct bus_nats *bus, int64_t now_us)
{
    for (struct nats_link **at = &bus->old_links; *at != NULL;) {
        struct nats_link *link = *at;
        if (link->close_at_us <= now_us)
            natsConnection_Close(link->connection);
        pthread_mutex_lock(&bus->events);
        bool ended = link->users == 0 && link->endings == 0;
        pthread_mutex_unlock(&bus->events);
        if (!ended) {
            at = &link->next;
            continue;
        }
        assert(link->closed);
        *at = link->next;
        natsSubscription_Destroy(link->answers);
        natsConnection_Destroy(link->connection);
        free(link);
    }
}

/* True if since the last call the time of day was set back. */
static bool was_set_back(struct bus_nats *bus)
{
    int64_t lead_us = clock_machine_us(clock_system()) - steady_now_us();
    bool set_back = lead_us < bus->lead_us - STEP_US;
    bus->lead_us = lead_us;
    return set_back;
}

/* There is no current link any more; if `lost`, only where its connection was lost. */
static void link_drop(struct bus_nats *bus, bool lost)
{
    pthread_mutex_lock(&bus->events);
    struct nats_link *link = bus->link;
    if (link != NULL && lost && !link->closed)
        link = NULL;
    if (link != NULL)
        bus->link = NULL;
    pthread_mutex_unlock(&bus->events);
    if (link != NULL)
        retire(bus, link, 0);
}

void bus_nats_links_drive(struct bus_nats *bus)
{
    if (pthread_mutex_trylock(&bus->driver) != 0)
        return; /* another thread does */
    link_drop(bus, true);
    if (was_set_back(bus) && bus->link != NULL) {
        log_warn("the time of day was set back: the bus is connected anew",
                 LOG_TEXT("engine", "nats"));
        bus->renew = true;
    }
    int64_t now_us = steady_now_us();
    if ((bus->link == NULL || bus->renew) && now_us >= bus->connect_after_us) {
        bus->connected = connect_anew(bus);
        bus->renew = bus->renew && bus->connected != NATS_OK;
        bus->connect_after_us = steady_now_us() + CONNECT_PAUSE_US;
    }
    old_links_end(bus, now_us);
    nats_retired_free(bus, now_us - RETIRED_US);
    pthread_mutex_unlock(&bus->driver);
}

/* What libnats said last in this thread, without the place in its source. */
static void words(const struct bus_nats *bus, natsStatus status, char reason[REASON_MAX + 1])
{
    const char *text = nats_GetLastError(NULL);
    const char *start = text == NULL ? NULL : strstr(text, "): ");
    snprintf(reason, REASON_MAX + 1, "%s: %s", bus->servers,
             start == NULL ? natsStatus_GetText(status) : start + 3);
}

enum status bus_nats_links_open(struct bus_nats *bus, const char *urls, const char *ca_file,
                                char reason[REASON_MAX + 1])
{
    natsStatus status = natsOptions_Create(&bus->options);
    if (status == NATS_OK)
        status = set_options(bus->options, urls, ca_file);
    inboxes_name(bus, urls);
    bool able = status == NATS_OK && bus_nats_inbox_make(bus, bus->inbox) == STATUS_OK;
    if (able) {
        (void)was_set_back(bus);
        status = bus->connected = connect_anew(bus);
    }
    if (status != NATS_OK && status != NATS_INVALID_ARG) /* whose words may hold a password */
        words(bus, status, reason);
    return able && status != NATS_INVALID_ARG && status != NATS_CONNECTION_AUTH_FAILED
               ? STATUS_OK
               : STATUS_INVALID;
}

bool bus_nats_links_close(struct bus_nats *bus)
{
    int64_t deadline_us = steady_now_us() + ENDING_MAX_US;
    link_drop(bus, false);
    for (old_links_end(bus, INT64_MAX); bus->old_links != NULL; old_links_end(bus, INT64_MAX)) {
        pthread_mutex_lock(&bus->events);
        int64_t look_us = steady_now_us() + CONNECT_PAUSE_US;
        (void)steady_wait(&bus->event, &bus->events, look_us < deadline_us ? look_us : deadline_us);
        pthread_mutex_unlock(&bus->events);
        if (steady_now_us() >= deadline_us)
            return false;
    }
    natsOptions_Destroy(bus->options);
    return true;
}
