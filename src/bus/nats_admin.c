/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams and durable consumers: JSON requests to JetStream → what exists, what is stored.
 *
 * Streams are made once and then belong to whoever operates the server: one that is there with
 * another configuration is used as it is, with a warning; see stream_mend.
 * One that is deleted under a running system is made anew: at each connection, at each ping, and
 * when a publication finds nobody who stores it. BUS_STREAM_BYTES_MAX is the most that a stream may
 * take. JetStream sets that space aside, so on a smaller disk a stream gets half of it, or half of
 * that, down to STREAM_BYTES_MIN; small streams come first, so that they always fit.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapters/clock.h"
#include "base/time_text.h"
#include "bus/nats_internal.h"
#include "process/json_read.h"
#include "process/log.h"
#include "process/metrics.h"
#include "process/steady.h"

enum {
    REQUEST_MAX = 1024,
    NAME_MAX_SIZE = 64,
    START_MAX = 128,
    PREPARE_PAUSE_US = 200000,
    TIME_PERIOD_US = 10000000, /* between two questions for the server's time */
    REWIND_TRIES = 10,
    STREAM_BYTES_MIN = 16 << 20,
    LETTER_BYTES_MAX = BUS_PAYLOAD_MAX + 4096, /* with its headers */
    STREAM_FREE_SHARE = 50,
    SMALL_STREAM_SHARE = 8, /* credits, notifications and dead letters get an eighth */
    /* JetStream's err_code */
    ERROR_NO_STORAGE = 10047,
    ERROR_STREAM_DIFFERS = 10058,
    ERROR_SEQUENCE_UNKNOWN = 10043,
};

/* An answer: `json` if it came; `error` is JetStream's err_code, 0 if it has done it. */
struct answer {
    json_t *json;
    int error;
};

static void answer_free(struct answer *answer)
{
    json_decref(answer->json);
    answer->json = NULL;
}

/* UNAVAILABLE: no answer, or JetStream itself has failed. NOT_FOUND: it is not there. CONFLICT:
 * it is refused, see answer->error. The caller frees the answer. */
static enum status ask_at(struct bus_nats *bus, const char *subject, const char *text,
                          struct answer *answer)
{
    *answer = (struct answer){0};
    natsMsg *reply = bus_nats_ask(bus, subject, text);
    if (reply == NULL)
        return STATUS_UNAVAILABLE;
    struct slice said = {natsMsg_GetData(reply), (size_t)natsMsg_GetDataLength(reply)};
    enum status status = json_read(said, 0, &answer->json, NULL);
    natsMsg_Destroy(reply);
    if (status != STATUS_OK)
        return STATUS_UNAVAILABLE;
    json_t *error = json_object_get(answer->json, "error");
    if (error == NULL)
        return STATUS_OK;
    int code = (int)json_integer_value(json_object_get(error, "code"));
    answer->error = (int)json_integer_value(json_object_get(error, "err_code"));
    if (answer->error == ERROR_NO_STORAGE)
        return STATUS_CONFLICT;
    if (code == 404 || answer->error == ERROR_SEQUENCE_UNKNOWN)
        return STATUS_NOT_FOUND;
    return code >= 500 ? STATUS_UNAVAILABLE : STATUS_CONFLICT;
}

static enum status ask(struct bus_nats *bus, const char *call, enum stream stream, const char *rest,
                       const char *text, struct answer *answer)
{
    char subject[NATS_SUBJECT_MAX + 1];
    int size =
        snprintf(subject, sizeof subject, "$JS.API.%s.%s%s", call, stream_name(stream), rest);
    assert(size <= NATS_SUBJECT_MAX);
    return ask_at(bus, subject, text, answer);
}

/* The same, of whose answer only the status is of interest. */
static enum status tell(struct bus_nats *bus, const char *call, enum stream stream,
                        const char *rest, const char *text)
{
    struct answer answer;
    enum status status = ask(bus, call, stream, rest, text, &answer);
    answer_free(&answer);
    return status;
}

static int64_t time_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    int64_t time_us = 0;
    if (text == NULL || time_parse(text, strlen(text), &time_us) != STATUS_OK)
        return 0;
    return time_us;
}

static uint64_t number_of(const json_t *object, const char *group, const char *name)
{
    const json_t *from = group == NULL ? object : json_object_get(object, group);
    return (uint64_t)json_integer_value(json_object_get(from, name));
}

/* Streams --------------------------------------------------------------------------------- */

/* A full stream takes no more, and its producers hear of it. But dead letters, which come in a
 * flood when they come, must not stop the stream that they are refused from: the oldest go. */
static const char *discard_of(enum stream stream)
{
    return stream == STREAM_DEAD_LETTERS ? "old" : "new";
}

static void stream_config(const struct bus_nats *bus, enum stream stream, int64_t bytes_max,
                          char text[REQUEST_MAX])
{
    bool dead = stream == STREAM_DEAD_LETTERS;
    snprintf(text, REQUEST_MAX,
             "{\"name\":\"%s\",\"subjects\":[\"%s\"],\"retention\":\"limits\","
             "\"storage\":\"%s\",\"discard\":\"%s\",\"max_consumers\":-1,\"max_msgs\":-1,"
             "\"max_msg_size\":-1,\"max_bytes\":%" PRId64 ",\"max_age\":%lld,"
             "\"num_replicas\":%d,\"duplicate_window\":%lld,\"deny_delete\":%s,"
             "\"deny_purge\":true}",
             stream_name(stream), stream_subject(stream), bus->in_memory ? "memory" : "file",
             discard_of(stream), bytes_max,
             (dead ? BUS_DEAD_LETTER_AGE_US : BUS_STREAM_AGE_US) * 1000, bus->replicas,
             BUS_DUPLICATE_WINDOW_US * 1000, dead ? "false" : "true");
}

/* Another process may be faster; then what it has made is taken. */
static enum status stream_create(struct bus_nats *bus, enum stream stream, struct answer *answer)
{
    bool small = stream != STREAM_EMOTIONS && stream != STREAM_TRANSACTIONS;
    int64_t bytes_max = small ? BUS_STREAM_BYTES_MAX / SMALL_STREAM_SHARE : BUS_STREAM_BYTES_MAX;
    for (;;) {
        assert(bytes_max >= STREAM_BYTES_MIN);
        char config[REQUEST_MAX];
        stream_config(bus, stream, bytes_max, config);
        enum status status = ask(bus, "STREAM.CREATE", stream, "", config, answer);
        if (status == STATUS_OK)
            log_info("stream created", LOG_TEXT("stream", stream_name(stream)),
                     LOG_INTEGER("bytes_max", bytes_max));
        if (status != STATUS_CONFLICT)
            return status;
        int error = answer->error;
        bytes_max /= 2;
        if (error == ERROR_STREAM_DIFFERS) {
            answer_free(answer);
            return ask(bus, "STREAM.INFO", stream, "", "", answer);
        }
        if (error != ERROR_NO_STORAGE || bytes_max < STREAM_BYTES_MIN)
            return status;
        answer_free(answer);
    }
}

static bool is_as_made(const json_t *config, enum stream stream)
{
    return json_read_is_text(json_object_get(config, "discard"), discard_of(stream)) &&
           json_read_is_text(json_object_get(config, "retention"), "limits") &&
           json_read_is_text(json_array_get(json_object_get(config, "subjects"), 0),
                             stream_subject(stream));
}

/* A stream that somebody else made may keep messages longer than the keys that make them count
 * once: then it is said each time, for consuming all of it again would count them twice. */
static void age_check(const json_t *config, enum stream stream)
{
    int64_t age_us = json_integer_value(json_object_get(config, "max_age")) / 1000;
    int64_t allowed_us = stream == STREAM_DEAD_LETTERS ? BUS_DEAD_LETTER_AGE_US : BUS_REWIND_US_MAX;
    if (age_us == 0 || age_us > allowed_us)
        log_seldom(LOG_ERROR, stream_name(stream),
                   "stream keeps messages longer than event keys live: set its max_age",
                   LOG_TEXT("stream", stream_name(stream)),
                   LOG_INTEGER("max_age_s", age_us / SECOND_US),
                   LOG_INTEGER("allowed_s", allowed_us / SECOND_US));
}

/* Changes what must not be otherwise: too few replicas (its consumer gets as many), and dead
 * letters that a version before let stop their stream. What cannot be changed now is tried again.
 */
static void stream_mend(struct bus_nats *bus, enum stream stream, json_t *config)
{
    const json_t *discard = json_object_get(config, "discard");
    bool few = json_integer_value(json_object_get(config, "num_replicas")) < bus->replicas;
    bool stops =
        stream == STREAM_DEAD_LETTERS && discard != NULL && !json_read_is_text(discard, "old");
    if (!few && !stops)
        return;
    if (few)
        json_object_set_new(config, "num_replicas", json_integer(bus->replicas));
    if (stops)
        json_object_set_new(config, "discard", json_string("old"));
    char *text = json_dumps(config, JSON_COMPACT);
    struct answer answer = {0};
    if (text == NULL || ask(bus, "STREAM.UPDATE", stream, "", text, &answer) != STATUS_OK)
        log_seldom(LOG_WARN, stream_name(stream), "stream cannot be changed as it must be",
                   LOG_TEXT("stream", stream_name(stream)), LOG_INTEGER("replicas", bus->replicas),
                   LOG_INTEGER("code", answer.error));
    answer_free(&answer);
    free(text);
}

/* JetStream does not tell what a full stream drops. Seen once a second, it is what went since,
 * while there is no room for one more message. Every process counts all of it. */
static void count_dropped(struct bus_nats *bus, const json_t *info)
{
    int64_t max = json_integer_value(json_object_get(json_object_get(info, "config"), "max_bytes"));
    bool full = max > 0 && (int64_t)number_of(info, "state", "bytes") > max - LETTER_BYTES_MAX;
    int64_t gone =
        (int64_t)(number_of(info, "state", "last_seq") - number_of(info, "state", "messages"));
    if (full && gone > bus->letters_gone && bus->letters_known)
        metric_add(METRIC_bus_dropped, LABEL_dead_letter, gone - bus->letters_gone);
    bus->letters_gone = gone;
    bus->letters_known = true;
}

static bool is_in_memory(const struct answer *info)
{
    const json_t *config = json_object_get(info->json, "config");
    return json_read_is_text(json_object_get(config, "storage"), "memory");
}

/* What is confirmed there ends with the server: without having been asked for, nothing is put into
 * such a stream. */
static bool is_refused(const struct bus_nats *bus, const struct answer *info)
{
    return is_in_memory(info) && !bus->in_memory;
}

/* With less than a STREAM_FREE_SHARE-th of its bytes free, a stream will soon refuse messages; only
 * dead letters make room by themselves. */
static void health_look(const struct bus_nats *bus, enum stream stream, const struct answer *info,
                        struct health *health)
{
    uint64_t bytes = number_of(info->json, "state", "bytes");
    int64_t max = (int64_t)number_of(info->json, "config", "max_bytes");
    if (is_in_memory(info))
        health->durability = DURABILITY_MEMORY;
    if (is_refused(bus, info))
        health->cause = "a stream is kept in memory";
    else if (stream != STREAM_DEAD_LETTERS && max > 0 &&
             bytes >= (uint64_t)(max - max / STREAM_FREE_SHARE))
        health->cause = "a stream is nearly full";
}

/* JetStream's own words, if it answered. */
static void fault_keep(struct bus_nats *bus, enum stream stream, const struct answer *answer)
{
    const json_t *error = json_object_get(answer->json, "error");
    const char *text = json_string_value(json_object_get(error, "description"));
    snprintf(bus->fault, sizeof bus->fault, "the stream %s cannot be had: %s", stream_name(stream),
             text == NULL ? "JetStream does not answer" : text);
}

/* CONFLICT: it cannot be had. UNAVAILABLE: JetStream does not answer. `known`: it was found before
 * on this connection. */
static enum status stream_prepare(struct bus_nats *bus, enum stream stream, bool known,
                                  struct health *health)
{
    struct answer answer;
    health_asks(health);
    enum status status = ask(bus, "STREAM.INFO", stream, "", "", &answer);
    if (status != STATUS_UNAVAILABLE)
        health_answered(health);
    if (status == STATUS_NOT_FOUND) {
        answer_free(&answer);
        status = stream_create(bus, stream, &answer);
    }
    json_t *config = json_object_get(answer.json, "config");
    if (status == STATUS_OK) {
        atomic_store(&bus->created_us[stream], time_of(answer.json, "created"));
        if (!known && !is_as_made(config, stream))
            log_seldom(LOG_WARN, stream_name(stream),
                       "stream has another configuration and is used as it is",
                       LOG_TEXT("stream", stream_name(stream)));
        if (!known)
            age_check(config, stream);
        if (stream == STREAM_DEAD_LETTERS)
            count_dropped(bus, answer.json);
        if (!known)
            stream_mend(bus, stream, config);
        health_look(bus, stream, &answer, health);
        if (is_refused(bus, &answer)) {
            snprintf(bus->fault, sizeof bus->fault,
                     "the stream %s is kept in memory, which only NATS_STORAGE=memory accepts",
                     stream_name(stream));
            log_seldom(LOG_ERROR, stream_name(stream), "stream is kept in memory and refused",
                       LOG_TEXT("stream", stream_name(stream)));
            status = STATUS_CONFLICT;
        }
    } else {
        fault_keep(bus, stream, &answer);
        log_seldom(LOG_ERROR, stream_name(stream), "stream cannot be had",
                   LOG_TEXT("stream", stream_name(stream)), LOG_TEXT("status", status_name(status)),
                   LOG_INTEGER("code", answer.error));
    }
    answer_free(&answer);
    return status == STATUS_OK || status == STATUS_UNAVAILABLE ? status : STATUS_CONFLICT;
}

/* No call to a server tells its time of day, but a consumer tells when it was made: one is, of a
 * name and a moment of its own, and goes at once. It is one of a subject that no letter has, and
 * the call names that too, so that a user who may make it hears nothing by it. */
static void time_ask(struct bus_nats *bus)
{
    static const char nothing[] = LETTER_PREFIX "clock";
    struct answer answer;
    char text[REQUEST_MAX], name[NAME_MAX_SIZE], rest[NAME_MAX_SIZE + sizeof nothing + 2];
    int64_t asked_us = steady_now_us();
    if (asked_us < bus->time_after_us)
        return;
    snprintf(name, sizeof name, "clock-%s-%" PRId64, strrchr(bus->inbox, '.') + 1, asked_us);
    snprintf(rest, sizeof rest, ".%s.%s", name, nothing);
    snprintf(text, sizeof text,
             "{\"stream_name\":\"%s\",\"config\":{\"name\":\"%s\",\"filter_subject\":\"%s\","
             "\"deliver_policy\":\"new\",\"ack_policy\":\"explicit\",\"mem_storage\":true,"
             "\"inactive_threshold\":%lld}}",
             stream_name(STREAM_DEAD_LETTERS), name, nothing, 5 * SECOND_US * 1000);
    enum status status = ask(bus, "CONSUMER.CREATE", STREAM_DEAD_LETTERS, rest, text, &answer);
    int64_t answered_us = steady_now_us(), server_us = time_of(answer.json, "created");
    if (status == STATUS_OK && server_us != 0) {
        clock_system_follow(CLOCK_OF_BUS, server_us, asked_us, answered_us);
        snprintf(rest, sizeof rest, ".%s", name);
        (void)tell(bus, "CONSUMER.DELETE", STREAM_DEAD_LETTERS, rest, "");
    }
    /* A user who may not has no answer; on a new connection it is asked again at once. */
    if (status != STATUS_UNAVAILABLE || bus_nats_is_connected(bus))
        bus->time_after_us = answered_us + TIME_PERIOD_US;
    answer_free(&answer);
}

/* Finds or makes every stream, with bus->admin held: one that cannot be had stops no other. */
static enum status prepare_all(struct bus_nats *bus, struct health *health)
{
    enum status all = STATUS_OK;
    unsigned epoch = atomic_load(&bus->epoch);
    for (int stream = STREAM_COUNT - 1; stream >= 0 && all != STATUS_UNAVAILABLE; stream--) {
        bool known = atomic_load(&bus->prepared[stream]) == epoch;
        enum status status = stream_prepare(bus, (enum stream)stream, known, health);
        atomic_store(&bus->prepared[stream], status == STATUS_OK ? epoch : 0);
        if (status == STATUS_CONFLICT)
            health->missing = stream_name((enum stream)stream);
        all = status != STATUS_OK ? status : all;
    }
    if (all == STATUS_OK)
        time_ask(bus);
    if (all != STATUS_UNAVAILABLE) /* all were looked at */
        atomic_store(&bus->refused, health->durability == DURABILITY_MEMORY && !bus->in_memory);
    bus->prepare_after_us = steady_now_us() + PREPARE_PAUSE_US;
    return all == STATUS_OK ? STATUS_OK : STATUS_UNAVAILABLE;
}

static bool is_prepared(struct bus_nats *bus, enum stream stream)
{
    return bus_nats_is_connected(bus) &&
           atomic_load(&bus->prepared[stream]) == atomic_load(&bus->epoch);
}

enum status bus_nats_prepare(struct bus_nats *bus, enum stream stream)
{
    if (!bus_nats_is_connected(bus))
        return STATUS_UNAVAILABLE;
    if (is_prepared(bus, stream))
        return STATUS_OK;
    struct health health = {0};
    pthread_mutex_lock(&bus->admin);
    if (!is_prepared(bus, stream) && steady_now_us() >= bus->prepare_after_us)
        (void)prepare_all(bus, &health); /* another one may be missing */
    pthread_mutex_unlock(&bus->admin);
    return is_prepared(bus, stream) ? STATUS_OK : STATUS_UNAVAILABLE;
}

enum status bus_nats_prepare_all(struct bus_nats *bus)
{
    enum status status = STATUS_OK;
    for (int stream = 0; stream < STREAM_COUNT; stream++)
        if (bus_nats_prepare(bus, (enum stream)stream) != STATUS_OK)
            status = STATUS_UNAVAILABLE;
    return status;
}

/* The same of the account's limit, if it has one. */
static bool account_is_nearly_full(struct bus_nats *bus)
{
    struct answer answer;
    enum status status = ask_at(bus, "$JS.API.INFO", "", &answer);
    const json_t *limits = json_object_get(answer.json, "limits");
    int64_t max = (int64_t)number_of(limits, NULL, bus->in_memory ? "max_memory" : "max_storage");
    uint64_t used = number_of(answer.json, NULL, bus->in_memory ? "memory" : "storage");
    answer_free(&answer);
    return status == STATUS_OK && max > 0 && used >= (uint64_t)(max - max / STREAM_FREE_SHARE);
}

/* A file is written at once and synced minutes later (nats-server 2.9): a PubAck survives the end
 * of the server, not the loss of power. */
enum status bus_nats_health(struct bus *base, struct health *health)
{
    struct bus_nats *bus = (struct bus_nats *)base;
    if (!bus_nats_is_connected(bus))
        return STATUS_UNAVAILABLE;
    health->durability = DURABILITY_PROCESS;
    health_answered(health); /* nothing is asked while another thread has the lock */
    pthread_mutex_lock(&bus->admin);
    enum status status = prepare_all(bus, health);
    pthread_mutex_unlock(&bus->admin);
    health_asks(health);
    if (status == STATUS_OK && health->cause == NULL && account_is_nearly_full(bus))
        health->cause = "JetStream is nearly full";
    return health->cause == NULL ? status : STATUS_UNAVAILABLE;
}

/* Consumers ------------------------------------------------------------------------------- */

/* `start`: JSON members that say where delivery begins. */
static enum status consumer_create(struct bus_nats *bus, enum stream stream, const char *start)
{
    char text[REQUEST_MAX];
    snprintf(text, sizeof text,
             "{\"stream_name\":\"%s\",\"config\":{\"durable_name\":\"" NATS_CONSUMER "\",%s,"
             "\"ack_policy\":\"explicit\",\"ack_wait\":%lld,\"max_deliver\":-1,"
             "\"max_ack_pending\":%d,\"replay_policy\":\"instant\"}}",
             stream_name(stream), start, BUS_ACK_WAIT_US * 1000, 2 * BUS_BATCH_MAX);
    return tell(bus, "CONSUMER.DURABLE.CREATE", stream, "." NATS_CONSUMER, text);
}

static enum status consumer_delete(struct bus_nats *bus, enum stream stream)
{
    enum status status = tell(bus, "CONSUMER.DELETE", stream, "." NATS_CONSUMER, "");
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status nats_consumer_prepare(struct bus_nats *bus, enum stream stream)
{
    static const char all[] = "\"deliver_policy\":\"all\"";
    struct answer answer;
    enum status status = ask(bus, "CONSUMER.INFO", stream, "." NATS_CONSUMER, "", &answer);
    const json_t *config = json_object_get(answer.json, "config");
    bool push = json_object_get(config, "deliver_subject") != NULL;
    answer_free(&answer);
    if (status == STATUS_OK && push) {
        /* The system before this one had its messages pushed. */
        log_warn("push consumer replaced by a pull consumer",
                 LOG_TEXT("stream", stream_name(stream)));
        status = consumer_delete(bus, stream);
        if (status == STATUS_OK)
            status = STATUS_NOT_FOUND;
    }
    if (status == STATUS_NOT_FOUND)
        status = consumer_create(bus, stream, all);
    return status == STATUS_OK ? STATUS_OK : STATUS_UNAVAILABLE;
}

/* What the server has delivered stays as it is; what it holds back is delivered again. */
static enum status consumer_renew(struct bus_nats *bus, enum stream stream, uint64_t settled)
{
    char start[START_MAX];
    log_warn("a consumer that holds messages back is made anew",
             LOG_TEXT("stream", stream_name(stream)));
    snprintf(start, sizeof start,
             "\"deliver_policy\":\"by_start_sequence\",\"opt_start_seq\":%" PRIu64, settled + 1);
    enum status status = consumer_delete(bus, stream);
    return status == STATUS_OK ? consumer_create(bus, stream, start) : status;
}

enum status nats_consumer_release(struct bus_nats *bus, enum stream stream, uint64_t *delivered)
{
    struct answer answer;
    enum status status = ask(bus, "CONSUMER.INFO", stream, "." NATS_CONSUMER, "", &answer);
    bool owes = status == STATUS_OK && number_of(answer.json, NULL, "num_pending") > 0 &&
                number_of(answer.json, NULL, "num_ack_pending") == 0;
    uint64_t now_delivered = number_of(answer.json, "delivered", "consumer_seq") + 1;
    uint64_t settled = number_of(answer.json, "ack_floor", "stream_seq");
    answer_free(&answer);
    bool again = owes && *delivered == now_delivered;
    *delivered = owes && !again ? now_delivered : 0;
    return again ? consumer_renew(bus, stream, settled) : status;
}

/* The first message at or after `sequence`. The caller frees the answer. */
static enum status message_from(struct bus_nats *bus, enum stream stream, uint64_t sequence,
                                struct answer *answer)
{
    char text[REQUEST_MAX];
    snprintf(text, sizeof text, "{\"seq\":%" PRIu64 ",\"next_by_subj\":\"%s\"}", sequence,
             stream_subject(stream));
    return ask(bus, "STREAM.MSG.GET", stream, "", text, answer);
}

/* What is not settled yet stays to be done, however old it is: the earlier of `since_us` and the
 * time of the oldest message above the consumer's floor. */
static enum status rewind_start(struct bus_nats *bus, enum stream stream, int64_t since_us,
                                int64_t *start_us)
{
    struct answer answer;
    uint64_t floor = 0;
    *start_us = since_us;
    enum status status = ask(bus, "CONSUMER.INFO", stream, "." NATS_CONSUMER, "", &answer);
    if (status == STATUS_OK)
        floor = number_of(answer.json, "ack_floor", "stream_seq");
    answer_free(&answer);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    status = message_from(bus, stream, floor + 1, &answer);
    if (status == STATUS_OK) {
        int64_t oldest_us = time_of(json_object_get(answer.json, "message"), "time");
        if (oldest_us < since_us)
            *start_us = oldest_us;
    }
    answer_free(&answer);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* The consumer is made anew under its name. Workers whose pull request ends with it ask for it
 * and may make one that delivers everything: then making ours fails, and it is tried again. */
enum status bus_nats_rewind(struct bus *base, enum stream stream, int64_t since_us)
{
    struct bus_nats *bus = (struct bus_nats *)base;
    int64_t start_us;
    enum status status = bus_nats_prepare(bus, stream);
    if (status == STATUS_OK)
        status = rewind_start(bus, stream, since_us, &start_us);
    if (status != STATUS_OK)
        return status;
    char time[TIME_TEXT_SIZE], start[START_MAX];
    time_format(start_us, time);
    snprintf(start, sizeof start, "\"deliver_policy\":\"by_start_time\",\"opt_start_time\":\"%s\"",
             time);
    for (int i = 0; i < REWIND_TRIES; i++) {
        status = consumer_delete(bus, stream);
        if (status == STATUS_OK)
            status = consumer_create(bus, stream, start);
        if (status != STATUS_CONFLICT)
            return status;
    }
    return STATUS_UNAVAILABLE;
}

enum status bus_nats_lag(struct bus *base, enum stream stream, struct bus_lag *lag)
{
    struct bus_nats *bus = (struct bus_nats *)base;
    struct answer answer;
    enum status status = bus_nats_prepare(bus, stream);
    if (status != STATUS_OK)
        return status;
    status = ask(bus, "STREAM.INFO", stream, "", "", &answer);
    if (status == STATUS_OK) {
        lag->last_sequence = number_of(answer.json, "state", "last_seq");
        lag->pending = number_of(answer.json, "state", "messages");
    }
    answer_free(&answer);
    if (status != STATUS_OK)
        return STATUS_UNAVAILABLE;
    status = ask(bus, "CONSUMER.INFO", stream, "." NATS_CONSUMER, "", &answer);
    if (status == STATUS_OK)
        lag->pending = number_of(answer.json, NULL, "num_pending") +
                       number_of(answer.json, NULL, "num_ack_pending");
    answer_free(&answer);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Reading --------------------------------------------------------------------------------- */

enum status bus_nats_read(struct bus *base, enum stream stream, uint64_t from_sequence,
                          struct bus_message messages[], size_t max, size_t *count)
{
    struct bus_nats *bus = (struct bus_nats *)base;
    enum status status = bus_nats_prepare(bus, stream);
    *count = 0;
    while (status == STATUS_OK && *count < max) {
        struct answer answer;
        status = message_from(bus, stream, from_sequence, &answer);
        const json_t *stored = json_object_get(answer.json, "message");
        struct bus_message *message = &messages[*count];
        if (status == STATUS_OK)
            status = bus_nats_message_decode(stored, stream, message);
        if (status == STATUS_OK) {
            message->sequence = number_of(stored, NULL, "seq");
            message->published_us = time_of(stored, "time");
            message->stream_created_us = atomic_load(&bus->created_us[stream]);
            from_sequence = message->sequence + 1;
            (*count)++;
        }
        answer_free(&answer);
    }
    if (status == STATUS_OK || status == STATUS_NOT_FOUND) /* no more */
        return STATUS_OK;
    bus_nats_read_free(base, messages, *count);
    *count = 0;
    return status;
}

void bus_nats_read_free(struct bus *bus, struct bus_message messages[], size_t count)
{
    (void)bus;
    for (size_t i = 0; i < count; i++)
        natsMsg_Destroy(messages[i].handle);
}

enum status bus_nats_remove(struct bus *base, enum stream stream, uint64_t sequence)
{
    struct bus_nats *bus = (struct bus_nats *)base;
    char text[REQUEST_MAX];
    enum status status = bus_nats_prepare(bus, stream);
    if (status != STATUS_OK)
        return status;
    snprintf(text, sizeof text, "{\"seq\":%" PRIu64 ",\"no_erase\":true}", sequence);
    return tell(bus, "STREAM.MSG.DELETE", stream, "", text);
}
