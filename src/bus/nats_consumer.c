/* SPDX-License-Identifier: Apache-2.0
 *
 * Pulling: requests for messages go out with an inbox of the consumer's own as reply subject; the
 * messages and the end of the request come back to it. One request is under way at a time, and
 * the next goes out when the last is used up, so that the server delivers while a batch is
 * processed. A request is taken for lost, and made again, when the connection was lost, or when
 * nothing came for SILENCE_US though the server owes a heartbeat every second; a consumer that
 * does not exist keeps silent too, so it is looked for first.
 *
 * A consumer outlives the link on which it has subscribed: on the next one it does so again.
 *
 * Settling is a plain publication to each message's reply subject. What a consumer holds unsettled
 * is in a list, to be given back when it is closed. A subscription is destroyed long after it was
 * given up: libnats 3.4 may still be handing it a message.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "bus/nats_internal.h"
#include "process/steady.h"

enum {
    EXPIRES_MS = 5000,
    HEARTBEAT_MS = 1000,
    SILENCE_US = 2500000,
    TURN_MS = 100,     /* the longest wait without a look at the connection */
    GATHER_US = 5000,  /* after the first message: so long more may join the batch */
    PAUSE_US = 100000, /* before asking again for what was refused */
    TAIL_PENDING_MAX = 4096,
};

struct delivery {
    struct held held;
    natsMsg *message;
};

struct nats_consumer {
    struct bus_consumer base;
    enum stream stream;
    bool tail;
    natsSubscription *subscription; /* NULL: none yet */
    unsigned link;                  /* the number of the one that it is on */
    char inbox[NATS_INBOX_SIZE];    /* answers to request N come to <inbox>.N, or are messages */
    unsigned epoch;                 /* in which the durable consumer was found; 0: look for it */
    enum status found;              /* how looking for it last ended */
    bool quiet;                     /* the last request brought nothing */
    uint64_t delivered;             /* see nats_consumer_release */
    bool requested;                 /* a request is under way */
    unsigned request;               /* its number */
    size_t owed;                    /* messages that it may still bring */
    int64_t heard_us;               /* when something last came, or it was made */
    int64_t request_after_us;
    struct held_list held; /* deliveries */
};

/* A subscription that was given up. */
struct nats_retired {
    struct nats_retired *next;
    natsSubscription *subscription;
    int64_t since_us;
};

static struct bus_nats *bus_of(struct nats_consumer *consumer)
{
    return (struct bus_nats *)consumer->base.bus;
}

static struct delivery *hold(struct nats_consumer *consumer, natsMsg *message)
{
    struct delivery *delivery = malloc(sizeof *delivery);
    if (delivery == NULL)
        return NULL;
    delivery->message = message;
    LIST_INSERT_HEAD(&consumer->held, &delivery->held, place);
    return delivery;
}

static natsMsg *message_of(struct held *held)
{
    return ((struct delivery *)held)->message;
}

static void release(struct held *held)
{
    LIST_REMOVE(held, place);
    natsMsg_Destroy(message_of(held));
    free(held);
}

static void release_all(struct nats_consumer *consumer)
{
    while (!LIST_EMPTY(&consumer->held))
        /* NOLINTNEXTLINE(unix.Malloc): what was freed is in the list no more. */
        release(LIST_FIRST(&consumer->held));
}

/* Opening and closing --------------------------------------------------------------------- */

/* What it holds comes again, if there is no memory to remember it by. */
static void subscription_retire(struct bus_nats *bus, natsSubscription *subscription)
{
    if (subscription == NULL)
        return;
    natsSubscription_Unsubscribe(subscription);
    struct nats_retired *retired = malloc(sizeof *retired);
    if (retired == NULL)
        return;
    pthread_mutex_lock(&bus->events);
    *retired = (struct nats_retired){bus->retired, subscription, steady_now_us()};
    bus->retired = retired;
    pthread_mutex_unlock(&bus->events);
}

void nats_retired_free(struct bus_nats *bus, int64_t before_us)
{
    pthread_mutex_lock(&bus->events);
    struct nats_retired **at = &bus->retired, *old;
    while (*at != NULL && (*at)->since_us >= before_us) /* the latest comes first */
        at = &(*at)->next;
    old = *at;
    *at = NULL;
    pthread_mutex_unlock(&bus->events);
    /* Without the lock: libnats' own may be held by a thread that writes. */
    while (old != NULL) {
        struct nats_retired *next = old->next;
        natsSubscription_Destroy(old->subscription);
        free(old);
        old = next;
    }
}

static natsStatus subscribe_on(struct nats_consumer *consumer, struct nats_link *link,
                               natsSubscription **subscription)
{
    char subject[NATS_INBOX_SIZE + 2];
    snprintf(subject, sizeof subject, "%s.*", consumer->inbox);
    natsStatus status =
        natsConnection_SubscribeSync(subscription, link->connection,
                                     consumer->tail ? stream_subject(consumer->stream) : subject);
    /* What a consumer may get is bounded by its requests. */
    return status != NATS_OK ? status
                             : natsSubscription_SetPendingLimits(
                                   *subscription, consumer->tail ? TAIL_PENDING_MAX : -1, -1);
}

/* Sees to it that the consumer is subscribed on the current link. */
static enum status subscribe(struct nats_consumer *consumer)
{
    struct bus_nats *bus = bus_of(consumer);
    struct nats_link *link = nats_link_take(bus);
    natsSubscription *subscription = NULL;
    if (link == NULL)
        return STATUS_UNAVAILABLE;
    assert((consumer->subscription == NULL) == (consumer->link == 0));
    bool subscribed = link->number == consumer->link;
    if (!subscribed && subscribe_on(consumer, link, &subscription) == NATS_OK) {
        subscription_retire(bus, consumer->subscription);
        consumer->subscription = subscription;
        consumer->link = link->number;
        /* The server forgot it with the connection; where that lives on, it runs out. */
        consumer->requested = false;
        subscribed = true;
    } else if (!subscribed) {
        subscription_retire(bus, subscription);
    }
    nats_link_release(link);
    return subscribed ? STATUS_OK : STATUS_UNAVAILABLE;
}

/* A tail is a plain subscription: it sees what is published, a moment before it is stored. */
enum status nats_consumer_open(struct bus *base, enum stream stream, bool tail,
                               struct bus_consumer **out)
{
    struct bus_nats *bus = (struct bus_nats *)base;
    struct nats_consumer *consumer = calloc(1, sizeof *consumer);
    if (consumer == NULL || bus_nats_inbox_make(bus, consumer->inbox) != STATUS_OK) {
        free(consumer);
        return STATUS_INTERNAL;
    }
    consumer->base.bus = base;
    consumer->stream = stream;
    consumer->tail = tail;
    (void)subscribe(consumer);
    *out = &consumer->base;
    return STATUS_OK;
}

/* What cannot be sent is as if it was lost: the message is delivered again after BUS_ACK_WAIT_US.
 */
static void answer(struct nats_link *link, natsMsg *message, const char *text)
{
    if (link != NULL)
        (void)natsConnection_PublishString(link->connection, natsMsg_GetReply(message), text);
}

/* Everything is given back only after the inbox is closed, or it would come again to it. */
void nats_consumer_close(struct bus_consumer *base)
{
    struct nats_consumer *consumer = (struct nats_consumer *)base;
    struct bus_nats *bus = bus_of(consumer);
    struct nats_link *link = nats_link_take(bus);
    struct held *held;
    natsMsg *message;
    while (consumer->subscription != NULL &&
           natsSubscription_NextMsg(&message, consumer->subscription, 0) == NATS_OK)
        if (hold(consumer, message) == NULL)
            natsMsg_Destroy(message);
    subscription_retire(bus, consumer->subscription);
    LIST_FOREACH(held, &consumer->held, place) {
        if (!consumer->tail && natsMsg_GetReply(message_of(held)) != NULL)
            answer(link, message_of(held), "-NAK");
    }
    release_all(consumer);
    nats_link_release(link);
    free(consumer);
}

/* Pulling --------------------------------------------------------------------------------- */

/* The durable consumer exists, as far as this connection knows. */
static enum status find_durable(struct nats_consumer *consumer)
{
    struct bus_nats *bus = bus_of(consumer);
    enum status status = bus_nats_prepare(bus, consumer->stream);
    unsigned epoch = atomic_load(&bus->prepared[consumer->stream]);
    if (status != STATUS_OK || consumer->epoch == epoch)
        return status;
    status = nats_consumer_prepare(bus, consumer->stream);
    if (status == STATUS_OK)
        consumer->epoch = epoch;
    return status;
}

/* Sees to it that a request is under way. */
static enum status request(struct nats_consumer *consumer, size_t batch)
{
    int64_t now_us = steady_now_us();
    struct bus_nats *bus = bus_of(consumer);
    if (consumer->requested && now_us - consumer->heard_us > SILENCE_US) {
        consumer->requested = false;
        consumer->quiet = true;
        consumer->epoch = 0;
    }
    if (now_us < consumer->request_after_us)
        return consumer->found;
    consumer->found = find_durable(consumer);
    if (consumer->found != STATUS_OK) {
        consumer->request_after_us = steady_now_us() + PAUSE_US;
        return consumer->found;
    }
    if (consumer->requested)
        return STATUS_OK;
    if (consumer->quiet) /* if it fails, the next quiet request looks again */
        (void)!nats_consumer_release(bus, consumer->stream, &consumer->delivered);
    consumer->quiet = false;
    assert(batch > 0 && batch <= BUS_BATCH_MAX);
    char subject[NATS_SUBJECT_MAX + 1], reply[NATS_INBOX_SIZE + 12], text[128];
    snprintf(subject, sizeof subject, "$JS.API.CONSUMER.MSG.NEXT.%s." NATS_CONSUMER,
             stream_name(consumer->stream));
    snprintf(reply, sizeof reply, "%s.%u", consumer->inbox, ++consumer->request);
    snprintf(text, sizeof text, "{\"batch\":%zu,\"expires\":%lld,\"idle_heartbeat\":%lld}", batch,
             EXPIRES_MS * 1000000LL, HEARTBEAT_MS * 1000000LL);
    struct nats_link *link = nats_link_take(bus);
    if (link == NULL)
        return STATUS_UNAVAILABLE;
    natsStatus sent = natsConnection_PublishRequestString(link->connection, subject, reply, text);
    nats_link_release(link);
    if (sent != NATS_OK)
        return STATUS_UNAVAILABLE;
    consumer->requested = true;
    consumer->owed = batch;
    consumer->heard_us = steady_now_us();
    return STATUS_OK;
}

/* A word about a request: a heartbeat, or its end. */
static void hear(struct nats_consumer *consumer, natsMsg *word)
{
    const char *number = natsMsg_GetSubject(word) + strlen(consumer->inbox) + 1;
    const char *code = NULL;
    if (strtoul(number, NULL, 10) != consumer->request ||
        natsMsgHeader_Get(word, "Status", &code) != NATS_OK || strcmp(code, "100") == 0)
        return;
    consumer->requested = false;
    consumer->quiet = strcmp(code, "408") == 0; /* its time is over */
    if (consumer->quiet)
        return;
    consumer->epoch = 0; /* 409: the consumer was deleted, 503: nobody is there */
    consumer->request_after_us = steady_now_us() + PAUSE_US;
}

/* Takes one thing off the inbox. OK: it was a message, it is `out`. NOT_FOUND: nothing came.
 * CONFLICT: something else came. */
static enum status next(struct nats_consumer *consumer, int64_t wait_ms, struct bus_message *out)
{
    natsMsg *message = NULL;
    if (consumer->subscription == NULL ||
        natsSubscription_NextMsg(&message, consumer->subscription, wait_ms) != NATS_OK)
        return STATUS_NOT_FOUND;
    consumer->heard_us = steady_now_us();
    size_t inbox_size = strlen(consumer->inbox);
    if (strncmp(natsMsg_GetSubject(message), consumer->inbox, inbox_size) == 0) {
        hear(consumer, message);
        natsMsg_Destroy(message);
        return STATUS_CONFLICT;
    }
    assert(!consumer->requested || consumer->owed > 0 || consumer->tail);
    if (consumer->owed > 0 && --consumer->owed == 0)
        consumer->requested = false;
    consumer->delivered = 0;
    struct delivery *delivery = hold(consumer, message);
    if (delivery == NULL) {
        natsMsg_Destroy(message);
        return STATUS_CONFLICT;
    }
    bus_nats_message_read(message, consumer->stream, out);
    out->stream_created_us = atomic_load(&bus_of(consumer)->created_us[consumer->stream]);
    out->handle = delivery;
    return STATUS_OK;
}

/* Milliseconds to wait for a first message, of the time until `deadline_us`. */
static int64_t turn_ms(int64_t deadline_us)
{
    int64_t left_ms = (deadline_us - steady_now_us() + 999) / 1000;
    if (left_ms < 0)
        return 0;
    return left_ms < TURN_MS ? left_ms : TURN_MS;
}

/* Waits a turn for a link: a subscription whose own is lost has no wait of its own. */
static void link_await(struct bus_nats *bus, int64_t deadline_us)
{
    int64_t until_us = steady_now_us() + turn_ms(deadline_us) * 1000;
    pthread_mutex_lock(&bus->events);
    while ((bus->link == NULL || bus->link->closed) &&
           steady_wait(&bus->event, &bus->events, until_us))
        ;
    pthread_mutex_unlock(&bus->events);
}

/* What is in the inbox: waits for the first message, then takes what follows closely. */
static size_t gather(struct nats_consumer *consumer, struct bus_message messages[], size_t max,
                     int64_t wait_ms)
{
    size_t count = 0;
    int64_t until_us = INT64_MAX;
    while (count < max) {
        enum status status = next(consumer, count == 0 ? wait_ms : 0, &messages[count]);
        if (status == STATUS_NOT_FOUND && count > 0 && consumer->requested &&
            steady_now_us() < until_us)
            status = next(consumer, 1, &messages[count]);
        if (status == STATUS_OK && count++ == 0)
            until_us = steady_now_us() + GATHER_US;
        if (status == STATUS_NOT_FOUND)
            break;
        if (status == STATUS_CONFLICT)
            wait_ms = 0;
    }
    assert(count <= max);
    return count;
}

/* Messages in the inbox. What lies there for long is delivered again. */
static size_t waiting(const struct nats_consumer *consumer)
{
    int messages = 0, bytes;
    natsStatus status = natsSubscription_GetPending(consumer->subscription, &messages, &bytes);
    return status == NATS_OK ? (size_t)messages : 0;
}

enum status nats_consumer_fetch(struct bus_consumer *base, struct bus_message messages[],
                                size_t max, int64_t wait_us, size_t *count)
{
    struct nats_consumer *consumer = (struct nats_consumer *)base;
    int64_t deadline_us = steady_now_us() + wait_us;
    enum status status = STATUS_OK;
    *count = 0;
    if (consumer->tail)
        release_all(consumer);
    do {
        /* What has come counts before the silence of the server does. */
        *count = gather(consumer, messages, max, 0);
        if (*count == 0)
            status = subscribe(consumer);
        if (*count == 0 && status == STATUS_OK && !consumer->tail)
            status = request(consumer, max);
        if (*count == 0 && consumer->subscription != NULL)
            *count = gather(consumer, messages, max, turn_ms(deadline_us));
        if (*count == 0 && !bus_nats_is_connected(bus_of(consumer)))
            link_await(bus_of(consumer), deadline_us);
    } while (*count == 0 && steady_now_us() < deadline_us);
    if (*count == 0)
        return status;
    if (!consumer->tail && !consumer->requested && waiting(consumer) < max)
        request(consumer, max); /* if it fails, the next fetch tries again */
    return STATUS_OK;
}

/* Settling -------------------------------------------------------------------------------- */

/* Dead letters on their way: settle waits for all of them. */
struct burial {
    struct bus_nats *bus;
    pthread_mutex_t mutex;
    pthread_cond_t all;
    size_t waiting;
};

struct grave {
    struct burial *burial;
    enum status status;
};

static void on_buried(void *context, enum status status)
{
    struct grave *grave = context;
    struct burial *burial = grave->burial;
    pthread_mutex_lock(&burial->mutex);
    assert(burial->waiting > 0); /* each ends once */
    grave->status = status;
    burial->waiting--;
    pthread_cond_signal(&burial->all);
    pthread_mutex_unlock(&burial->mutex);
}

/* Every publication ends by its time limit, which this sees to itself: the wait is bounded. */
static void burial_wait(struct burial *burial)
{
    pthread_mutex_lock(&burial->mutex);
    while (burial->waiting > 0) {
        int64_t wake_us = steady_now_us() + TURN_MS * 1000;
        if (steady_wait(&burial->all, &burial->mutex, wake_us))
            continue;
        pthread_mutex_unlock(&burial->mutex);
        window_expire(&burial->bus->window, steady_now_us());
        pthread_mutex_lock(&burial->mutex);
    }
    pthread_mutex_unlock(&burial->mutex);
}

/* Copies the rejected messages that have a reason to the dead letters; the graves tell of each. A
 * payload is cut to what may be published again. */
static void bury_all(struct bus_nats *bus, const struct bus_message messages[],
                     const enum outcome outcomes[], struct grave graves[], size_t count)
{
    struct burial burial = {.bus = bus, .mutex = PTHREAD_MUTEX_INITIALIZER};
    for (size_t i = 0; i < count; i++)
        burial.waiting += letter_is_due(&messages[i], outcomes[i]);
    if (burial.waiting == 0)
        return;
    steady_condition_init(&burial.all);
    for (size_t i = 0; i < count; i++) {
        graves[i] = (struct grave){&burial, STATUS_UNAVAILABLE};
        if (!letter_is_due(&messages[i], outcomes[i]))
            continue;
        struct letter letter;
        letter_write(&letter, &messages[i]);
        if (letter.message.payload.size > BUS_PAYLOAD_MAX)
            letter.message.payload.size = BUS_PAYLOAD_MAX;
        bus_nats_publish(bus, &letter.message, slice_of(letter.once), on_buried, &graves[i]);
    }
    burial_wait(&burial);
    pthread_cond_destroy(&burial.all);
    pthread_mutex_destroy(&burial.mutex);
}

/* What JetStream is told of one message. */
static const char *verdict(const struct bus_message *message, enum outcome outcome,
                           const struct grave *grave, const char *retry)
{
    bool lost = letter_is_due(message, outcome) && grave->status != STATUS_OK;
    if (outcome == OUTCOME_RETRY || lost)
        return retry;
    return outcome == OUTCOME_DONE ? "+ACK" : "+TERM";
}

enum status nats_consumer_settle(struct bus_consumer *base, const struct bus_message messages[],
                                 const enum outcome outcomes[], size_t count)
{
    struct nats_consumer *consumer = (struct nats_consumer *)base;
    struct bus_nats *bus = bus_of(consumer);
    if (consumer->tail || count == 0)
        return STATUS_OK;
    struct grave *graves = calloc(count, sizeof *graves);
    if (graves != NULL)
        bury_all(bus, messages, outcomes, graves, count);
    char retry[48];
    snprintf(retry, sizeof retry, "-NAK {\"delay\":%lld}", BUS_RETRY_DELAY_US * 1000);
    struct nats_link *link = graves == NULL ? NULL : nats_link_take(bus);
    for (size_t i = 0; i < count; i++) {
        struct held *held = messages[i].handle;
        if (link != NULL)
            answer(link, message_of(held), verdict(&messages[i], outcomes[i], &graves[i], retry));
        release(held);
    }
    free(graves);
    if (link == NULL)
        return STATUS_UNAVAILABLE;
    nats_link_release(link);
    return STATUS_OK;
}
