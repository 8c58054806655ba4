/* SPDX-License-Identifier: Apache-2.0
 *
 * Roles emotion-processing and transaction-processing: events on the bus → raw rows and tiles in
 * the store. Both streams alike: decode each event of a batch, apply all in one transaction, forget
 * the cached features of the people concerned, settle.
 *
 * The order is what makes every event count exactly once: messages are settled only after the
 * commit, and a message delivered again finds its key in the store. Correctness does not rest on
 * the cache: features carry the version that the transaction moved on.
 *
 * What goes wrong with the store is the store's fault until it is shown that it takes other events:
 * a missing table or permission moves nothing to the dead letters. The step fails, and is repeated.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/batch_size.h"
#include "process/log.h"
#include "process/metrics.h"
#include "roles/message_span.h"
#include "roles/rates.h"
#include "store/events.h"
#include "wire/emotion_json.h"
#include "wire/transaction_json.h"

enum {
    FAILURES_MAX = 32,    /* in a row, with nothing counted between: more than finding one event of
                             BUS_BATCH_MAX takes */
    CACHE_KEYS_MAX = 256, /* forgotten in one round trip */
    CACHE_KEY_SIZE = 64
};

/* The scratch of a step. Event i of a batch came with message `places[i]`. */
struct event_batch {
    enum stream stream; /* of all its messages */
    struct bus_message messages[BUS_BATCH_MAX];
    enum outcome outcomes[BUS_BATCH_MAX];        /* of messages */
    char reasons[BUS_BATCH_MAX][REASON_MAX + 1]; /* of messages that are refused */
    size_t message_count;
    size_t places[BUS_BATCH_MAX];
    enum event_result results[BUS_BATCH_MAX]; /* of events */
    struct uuid users[BUS_BATCH_MAX];         /* of events; later those to be forgotten */
    size_t event_count;
    struct {
        size_t event;
        enum status status;
    } suspects[BUS_BATCH_MAX]; /* events that the store failed on, each for itself */
    size_t suspect_count;
    size_t counted;  /* of this batch, for the first time */
    size_t failures; /* of the store in a row */
    struct letter_rates letters;
    struct batch_size size;
    int64_t timed_since_us; /* see store_positions_timed_since */
    bool timed_known;
    int64_t now_us;     /* of the step, monotonic */
    int64_t counted_us; /* when the store last counted an event, monotonic; 0: not yet */
    union {
        struct emotion_event emotions[BUS_BATCH_MAX];
        struct transaction_event transactions[BUS_BATCH_MAX];
    } events;
    char cache_keys[CACHE_KEYS_MAX][CACHE_KEY_SIZE];
};

/* Tells of a message that leaves no letter, because its person or its producer floods. A person
 * is not named, a producer is. */
static void discard(const struct bus_message *message, enum letter_verdict verdict,
                    const char *reason)
{
    char producer[PRODUCER_MAX + 1];
    slice_text(message->producer, producer, sizeof producer);
    metric_add(METRIC_events_discarded, metric_label_of(stream_label(message->stream)), 1);
    if (verdict == LETTER_PRODUCER_FLOODS)
        log_seldom(LOG_WARN, producer, "refused events of one producer are discarded",
                   LOG_TEXT("stream", stream_name(message->stream)),
                   LOG_TEXT("producer", producer));
    else
        log_seldom(LOG_WARN, reason, "refused events of one person are discarded",
                   LOG_TEXT("stream", stream_name(message->stream)), LOG_TEXT("reason", reason));
}

/* Ends a message as status.def has it for what its handling came to. `source`: the person it names;
 * NULL if that is not known. Who floods leaves no letter. */
static void conclude(struct event_batch *batch, size_t place, enum status status,
                     const struct uuid *source, const char *reason)
{
    struct bus_message *message = &batch->messages[place];
    assert(place < batch->message_count && batch->outcomes[place] == OUTCOME_RETRY);
    batch->outcomes[place] = status_outcome(status);
    if (batch->outcomes[place] != OUTCOME_REJECT)
        return;
    snprintf(batch->reasons[place], sizeof batch->reasons[place], "%s", reason);
    enum letter_verdict verdict =
        letter_rates_take(&batch->letters, source, message->producer,
                          message->payload.size + LETTER_OVERHEAD, batch->now_us);
    if (verdict == LETTER_KEPT)
        message->reason = slice_of(batch->reasons[place]);
    else
        discard(message, verdict, batch->reasons[place]);
    char request_id[TRACE_ID_MAX + 1];
    slice_text(message->request_id, request_id, sizeof request_id);
    log_seldom(LOG_WARN, batch->reasons[place], "event refused",
               LOG_TEXT("stream", stream_name(message->stream)),
               LOG_INTEGER("sequence", (int64_t)message->sequence),
               LOG_TEXT("request_id", request_id), LOG_TEXT("reason", batch->reasons[place]));
}

/* Decodes a payload into the batch's next event, and its user. */
static enum status event_decode(struct event_batch *batch, struct slice payload,
                                const struct event_origin *origin,
                                const struct role_settings *settings, struct refusal *refusal)
{
    size_t next = batch->event_count;
    enum status status;
    if (origin->stream == STREAM_EMOTIONS) {
        struct emotion_event *event = &batch->events.emotions[next];
        status = emotion_decode(payload, origin, settings->raw_life_us, event, refusal);
        batch->users[next] = event->user_id;
    } else {
        struct transaction_event *event = &batch->events.transactions[next];
        const struct transaction_rules rules = {.oldest_us = settings->raw_life_us,
                                                .currency = settings->currency};
        status = transaction_decode(payload, origin, &rules, event, refusal);
        batch->users[next] = event->user_id;
    }
    return status;
}

/* The message becomes the batch's next event, or its handling ends here. */
static void decode_one(struct event_batch *batch, size_t place,
                       const struct role_settings *settings)
{
    const struct bus_message *message = &batch->messages[place];
    struct event_origin origin = {.stream = message->stream,
                                  .message_id = message->message_id,
                                  .stream_created_us = message->stream_created_us,
                                  .sequence = message->sequence,
                                  .published_us = message->published_us,
                                  .untimed = message->published_us < batch->timed_since_us};
    struct refusal refusal;
    assert(batch->event_count <= place); /* each event came with a message of its own */
    enum status status = message->payload.size > BUS_PAYLOAD_MAX
                             ? refusal_make(&refusal, STATUS_TOO_LARGE,
                                            "payload of more than %d bytes", BUS_PAYLOAD_MAX)
                             : event_decode(batch, message->payload, &origin, settings, &refusal);
    if (status == STATUS_OK)
        batch->places[batch->event_count++] = place;
    else
        conclude(batch, place, status, NULL, refusal.reason);
}

/* Ends each event as the result says that the store gave it. */
static void events_conclude(struct event_batch *batch, size_t first, size_t count)
{
    static const struct {
        enum status status;
        const char *reason;
    } results[] = {
        [EVENT_COUNTED] = {STATUS_OK, ""},
        [EVENT_DUPLICATE] = {STATUS_OK, ""},
        [EVENT_CONFLICTING] = {STATUS_CONFLICT, "event id was used for other content"},
        [EVENT_UNKNOWN_USER] = {STATUS_NOT_FOUND, "unknown user"},
    };
    size_t before = batch->counted;
    for (size_t i = first; i < first + count; i++) {
        enum event_result result = batch->results[i];
        assert((size_t)result < sizeof results / sizeof results[0]);
        conclude(batch, batch->places[i], results[result].status, &batch->users[i],
                 results[result].reason);
        batch->counted += result == EVENT_COUNTED;
    }
    assert(batch->counted <= batch->event_count);
    if (batch->counted > before)
        batch->failures = 0;
}

/* In one transaction: events → raw rows and tiles, and their results. */
static enum status events_count(struct store *store, struct event_batch *batch, size_t first,
                                size_t count)
{
    enum event_result *results = batch->results + first;
    return batch->stream == STREAM_EMOTIONS
               ? store_emotions_apply(store, batch->events.emotions + first, count, results)
               : store_transactions_apply(store, batch->events.transactions + first, count,
                                          results);
}

/* Applies events. If the store fails on them, they are halved until those at fault are found, so
 * that a poisonous event stops no other; they are the batch's suspects. Not OK: the store cannot be
 * asked, or fails so often in a row that it is no event's fault; events without an outcome yet are
 * left for another delivery. */
static enum status events_apply(struct store *store, struct event_batch *batch, size_t first,
                                size_t count)
{
    assert(count > 0 && first + count <= batch->event_count);
    enum status status = events_count(store, batch, first, count);
    if (role_is_cut_off(status))
        return status;
    if (status == STATUS_OK) {
        events_conclude(batch, first, count);
        return STATUS_OK;
    }
    if (++batch->failures == FAILURES_MAX)
        return status;
    if (count == 1) {
        assert(batch->suspect_count < batch->event_count);
        batch->suspects[batch->suspect_count].event = first;
        batch->suspects[batch->suspect_count++].status = status;
        return STATUS_OK;
    }
    status = events_apply(store, batch, first, count / 2);
    if (status != STATUS_OK)
        return status;
    return events_apply(store, batch, first + count / 2, count - count / 2);
}

/* An event is put aside only if its values are what the database refuses, and if the database has
 * counted another one since it first came: else the fault may concern every event, and is the
 * database's. Those left are tried again; the status says what the database had against them. */
static enum status suspects_conclude(struct event_batch *batch)
{
    enum status status = STATUS_OK;
    if (batch->counted > 0)
        batch->counted_us = batch->now_us;
    for (size_t i = 0; i < batch->suspect_count; i++) {
        size_t event = batch->suspects[i].event, place = batch->places[event];
        int64_t came_us =
            batch->now_us - (batch->messages[place].deliveries - 1) * BUS_RETRY_DELAY_US;
        bool others = batch->counted_us != 0 && batch->counted_us >= came_us;
        if (batch->suspects[i].status == STATUS_INVALID && others)
            conclude(batch, place, STATUS_INVALID, &batch->users[event], "refused by the database");
        else
            status = batch->suspects[i].status;
    }
    return status;
}

static int users_order(const void *a, const void *b)
{
    return uuid_compare(a, b);
}

/* A cache that cannot be told is only counted: what it still holds carries an old version. */
static void keys_forget(struct cache *cache, struct event_batch *batch, size_t count)
{
    const char *keys[CACHE_KEYS_MAX];
    assert(count <= CACHE_KEYS_MAX);
    for (size_t i = 0; i < count; i++)
        keys[i] = batch->cache_keys[i];
    if (count > 0 && cache_remove(cache, keys, count) != STATUS_OK)
        metric_add(METRIC_feature_cache, LABEL_error, 1);
}

/* Forgets the cached features of everybody who has a newly counted event. */
static void users_forget(struct cache *cache, struct event_batch *batch)
{
    size_t users = 0, keys = 0;
    for (size_t i = 0; i < batch->event_count; i++)
        if (batch->outcomes[batch->places[i]] == OUTCOME_DONE && batch->results[i] == EVENT_COUNTED)
            batch->users[users++] = batch->users[i];
    assert(users <= batch->counted);
    qsort(batch->users, users, sizeof batch->users[0], users_order);
    for (size_t i = 0; i < users; i++) {
        if (i > 0 && uuid_equal(&batch->users[i], &batch->users[i - 1]))
            continue;
        char user_id[UUID_TEXT_SIZE];
        uuid_format(&batch->users[i], user_id);
        snprintf(batch->cache_keys[keys++], CACHE_KEY_SIZE, "user_features:%s", user_id);
        if (keys == CACHE_KEYS_MAX) {
            keys_forget(cache, batch, keys);
            keys = 0;
        }
    }
    keys_forget(cache, batch, keys);
}

static void batch_measure(const struct event_batch *batch, int64_t now_us)
{
    enum metric_label label = metric_label_of(stream_label(batch->stream));
    int64_t counted = 0, duplicate = 0, rejected = 0, retried = 0;
    for (size_t i = 0; i < batch->message_count; i++) {
        rejected += batch->outcomes[i] == OUTCOME_REJECT;
        retried += batch->outcomes[i] == OUTCOME_RETRY;
    }
    for (size_t i = 0; i < batch->event_count; i++) {
        const struct bus_message *message = &batch->messages[batch->places[i]];
        if (batch->outcomes[batch->places[i]] != OUTCOME_DONE)
            continue;
        duplicate += batch->results[i] == EVENT_DUPLICATE;
        if (batch->results[i] != EVENT_COUNTED)
            continue;
        counted++;
        metric_observe_us(METRIC_event_to_feature_us,
                          now_us > message->published_us ? now_us - message->published_us : 0);
    }
    assert((size_t)counted == batch->counted);
    assert((size_t)(counted + duplicate + rejected + retried) <= batch->message_count);
    metric_add(METRIC_events_counted, label, counted);
    metric_add(METRIC_events_duplicate, label, duplicate);
    metric_add(METRIC_events_rejected, label, rejected);
    metric_add(METRIC_events_retried, label, retried);
}

/* Never changes: read once. */
static enum status timed_since_read(struct store *store, struct event_batch *batch)
{
    enum status status =
        batch->timed_known ? STATUS_OK : store_positions_timed_since(store, &batch->timed_since_us);
    batch->timed_known = status == STATUS_OK;
    return status;
}

static enum status step(struct role_context *context, struct bus_consumer *consumer,
                        int64_t wait_us, size_t *ended)
{
    struct event_batch *batch = context->scratch;
    const struct role_settings *settings = context->settings;
    *ended = 0;
    enum status status = timed_since_read(context->store, batch);
    if (status != STATUS_OK)
        return status;
    status = bus_fetch(consumer, batch->messages,
                       batch_size_next(&batch->size, (size_t)settings->batch_max), wait_us,
                       &batch->message_count);
    if (status != STATUS_OK || batch->message_count == 0)
        return status;
    assert(batch->message_count <= BUS_BATCH_MAX);
    int64_t started_us = clock_now_us(context->clock);
    batch->stream = batch->messages[0].stream;
    batch->now_us = clock_monotonic_us(context->clock);
    batch->event_count = batch->suspect_count = batch->counted = batch->failures = 0;
    for (size_t i = 0; i < batch->message_count; i++) {
        batch->outcomes[i] = OUTCOME_RETRY;
        decode_one(batch, i, settings);
    }
    if (batch->event_count > 0)
        status = events_apply(context->store, batch, 0, batch->event_count);
    batch_size_note(&batch->size, batch->message_count, status == STATUS_OK,
                    clock_monotonic_us(context->clock) - batch->now_us);
    enum status refused = suspects_conclude(batch);
    users_forget(context->cache, batch);
    batch_measure(batch, clock_now_us(context->clock));
    message_spans_record(context, batch->messages, batch->outcomes, batch->message_count,
                         started_us);
    enum status settled =
        bus_settle(consumer, batch->messages, batch->outcomes, batch->message_count);
    if (settled == STATUS_OK)
        *ended = bus_ended(batch->outcomes, batch->message_count);
    return status != STATUS_OK ? status : refused != STATUS_OK ? refused : settled;
}

static const struct consumer_step emotions_consumer = {
    .stream = STREAM_EMOTIONS,
    .scratch_size = sizeof(struct event_batch),
    .step = step,
};

const struct role role_emotion_processing = {
    .name = "emotion-processing",
    .summary = "counts emotion events into raw rows and hourly tiles",
    .uses = USES_BUS | USES_STORE | USES_CACHE,
    .consumer = &emotions_consumer,
};

static const struct consumer_step transactions_consumer = {
    .stream = STREAM_TRANSACTIONS,
    .scratch_size = sizeof(struct event_batch),
    .step = step,
};

const struct role role_transaction_processing = {
    .name = "transaction-processing",
    .summary = "counts transactions into raw rows and daily tiles",
    .uses = USES_BUS | USES_STORE | USES_CACHE,
    .consumer = &transactions_consumer,
};
