/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "../../doubles.h"
#include "fakes.h"
#include "process/metrics.h"
#include "store/events.h"
#include "wire/emotion_json.h"

#define USER "0190a0b0-1111-7222-8333-444455556666"

enum { FETCHED_MAX = 2000, REMOVALS_MAX = 16 };

/* A consumer that delivers what the test laid in, and keeps how each message ended. */
static struct {
    struct bus_consumer base;
    struct bus_message messages[FETCHED_MAX];
    char payloads[FETCHED_MAX][512];
    enum outcome outcomes[FETCHED_MAX];
    char reasons[FETCHED_MAX][REASON_MAX + 1];
    size_t count;
    size_t asked;
    int settles;
    enum status fetch_status, settle_status;
} queue;

static enum status queue_fetch(struct bus_consumer *consumer, struct bus_message messages[],
                               size_t max, int64_t wait_us, size_t *count)
{
    (void)consumer;
    (void)wait_us;
    queue.asked = max;
    *count = queue.count;
    memcpy(messages, queue.messages, queue.count * sizeof messages[0]);
    return queue.fetch_status;
}

static enum status queue_settle(struct bus_consumer *consumer, const struct bus_message messages[],
                                const enum outcome outcomes[], size_t count)
{
    (void)consumer;
    assert_int_equal(count, queue.count);
    queue.settles++;
    for (size_t i = 0; i < count; i++) {
        queue.outcomes[i] = outcomes[i];
        fake_copy(queue.reasons[i], sizeof queue.reasons[i],
                  messages[i].reason.data == NULL ? slice_of("") : messages[i].reason);
        assert_true(outcomes[i] == OUTCOME_REJECT || queue.reasons[i][0] == '\0');
    }
    return queue.settle_status;
}

static const struct bus_ops queue_ops = {.fetch = queue_fetch, .settle = queue_settle};
static struct bus queue_bus = {&queue_ops};

static struct clock_manual manual;

/* What decoding ends with; OK: what it comes to. So stand in for it and for the store: the linker
 * puts these functions in the place of their own (tests/meson.build). */
static enum status decoded;

__typeof__(emotion_decode) __real_emotion_decode, __wrap_emotion_decode;

enum status __wrap_emotion_decode(struct slice payload, const struct event_origin *origin,
                                  int64_t oldest_us, struct emotion_event *event,
                                  struct refusal *refusal)
{
    return decoded == STATUS_OK ? __real_emotion_decode(payload, origin, oldest_us, event, refusal)
                                : refusal_make(refusal, decoded, "as it is");
}

/* A store that tells results by the type of the event, and refuses a poisonous one. */
static struct store {
    int calls;
    int64_t takes_us;    /* by the clock, each call */
    int fails_from_call; /* UNAVAILABLE from this call on; 0: never */
    enum status poison;  /* of a transaction with an event of type "poison" in it */
} database;

__typeof__(store_emotions_apply) __wrap_store_emotions_apply;
__typeof__(store_transactions_apply) __wrap_store_transactions_apply;
__typeof__(store_positions_timed_since) __wrap_store_positions_timed_since;

enum status __wrap_store_emotions_apply(struct store *store, const struct emotion_event events[],
                                        size_t count, enum event_result results[])
{
    (void)store;
    database.calls++;
    clock_manual_advance(&manual, database.takes_us);
    if (database.fails_from_call > 0 && database.calls >= database.fails_from_call)
        return STATUS_UNAVAILABLE;
    for (size_t i = 0; i < count; i++)
        if (strcmp(events[i].type, "poison") == 0)
            return database.poison;
    for (size_t i = 0; i < count; i++) {
        results[i] = EVENT_COUNTED;
        if (strcmp(events[i].type, "again") == 0)
            results[i] = EVENT_DUPLICATE;
        if (strcmp(events[i].type, "conflict") == 0)
            results[i] = EVENT_CONFLICTING;
        if (strcmp(events[i].type, "nobody") == 0)
            results[i] = EVENT_UNKNOWN_USER;
    }
    return STATUS_OK;
}

static int64_t transactions_sum_cents;

enum status __wrap_store_transactions_apply(struct store *store,
                                            const struct transaction_event events[], size_t count,
                                            enum event_result results[])
{
    (void)store;
    for (size_t i = 0; i < count; i++) {
        transactions_sum_cents += events[i].amount_cents;
        results[i] = EVENT_COUNTED;
    }
    return STATUS_OK;
}

enum status __wrap_store_positions_timed_since(struct store *store, int64_t *since_us)
{
    (void)store;
    *since_us = 0;
    return STATUS_OK;
}

static struct {
    struct cache base;
    size_t calls, keys;
    char first_key[64];
    enum status status;
} cache;

static enum status cache_forget(struct cache *base, const char *const keys[], size_t count)
{
    (void)base;
    if (cache.keys == 0)
        snprintf(cache.first_key, sizeof cache.first_key, "%s", keys[0]);
    cache.calls++;
    cache.keys += count;
    return cache.status;
}

static const struct cache_ops cache_ops = {.remove = cache_forget};
static const struct role_settings settings = {.raw_life_us = 400 * DAY_US, .batch_max = 1500};
static struct role_context context = {
    .settings = &settings, .store = &database, .cache = &cache.base, .clock = &manual.base};
static size_t ended;

static int setup(void **state)
{
    (void)state;
    clock_manual_init(&manual, fake_now_us);
    memset(&queue, 0, sizeof queue);
    memset(&database, 0, sizeof database);
    memset(&cache, 0, sizeof cache);
    decoded = STATUS_OK;
    free(context.scratch);
    context.scratch = calloc(1, role_emotion_processing.consumer->scratch_size);
    assert_non_null(context.scratch);
    queue.base.bus = &queue_bus;
    database.poison = STATUS_INVALID;
    cache.base.ops = &cache_ops;
    return 0;
}

static void lay(const char *payload)
{
    size_t i = queue.count++;
    assert_true(i < FETCHED_MAX);
    snprintf(queue.payloads[i], sizeof queue.payloads[i], "%s", payload);
    queue.messages[i] = (struct bus_message){.stream = STREAM_EMOTIONS,
                                             .payload = slice_of(queue.payloads[i]),
                                             .sequence = i + 1,
                                             .stream_created_us = 1,
                                             .published_us = fake_now_us - 2000,
                                             .deliveries = 1};
}

static void lay_feeling(const char *user_id, const char *type)
{
    char payload[512];
    snprintf(payload, sizeof payload,
             "{\"userId\":\"%s\",\"timestamp\":\"2026-03-01T11:00:00Z\",\"emotionEvent\":{"
             "\"type\":\"%s\",\"metrics\":{\"positivity\":1,\"intensity\":0,\"stress_level\":0}}}",
             user_id, type);
    lay(payload);
}

static enum status step(void)
{
    return role_emotion_processing.consumer->step(&context, &queue.base, 0, &ended);
}

static void each_result_has_its_outcome(void **state)
{
    (void)state;
    int64_t counted = metric_value(METRIC_events_counted, LABEL_emotions);
    int64_t duplicate = metric_value(METRIC_events_duplicate, LABEL_emotions);
    int64_t rejected = metric_value(METRIC_events_rejected, LABEL_emotions);
    int64_t waited_us = metric_value(METRIC_event_to_feature_us, LABEL_NONE);
    lay_feeling(USER, "joy");
    lay_feeling(USER, "again");
    lay_feeling(USER, "conflict");
    lay_feeling(USER, "nobody");
    lay("{");
    lay("{}");
    queue.messages[queue.count] = queue.messages[0];
    queue.messages[queue.count++].payload.size = BUS_PAYLOAD_MAX + 1;
    assert_int_equal(step(), STATUS_OK);
    assert_int_equal(ended, 7);
    assert_int_equal(queue.asked, BATCH_FIRST);
    assert_int_equal(queue.settles, 1);
    assert_int_equal(database.calls, 1);
    assert_int_equal(queue.outcomes[0], OUTCOME_DONE);
    assert_int_equal(queue.outcomes[1], OUTCOME_DONE);
    static const char *const reasons[] = {
        "event id was used for other content",
        "unknown user",
        "Malformed JSON at line 1, column 1: string or '}' expected.",
        "userId: Field required; timestamp: Field required; emotionEvent: Field required",
        "payload of more than 65536 bytes",
    };
    for (size_t i = 2; i < 7; i++) {
        assert_int_equal(queue.outcomes[i], OUTCOME_REJECT);
        assert_string_equal(queue.reasons[i], reasons[i - 2]);
    }
    assert_int_equal(metric_value(METRIC_events_counted, LABEL_emotions), counted + 1);
    assert_int_equal(metric_value(METRIC_events_duplicate, LABEL_emotions), duplicate + 1);
    assert_int_equal(metric_value(METRIC_events_rejected, LABEL_emotions), rejected + 5);
    assert_int_equal(metric_value(METRIC_event_to_feature_us, LABEL_NONE), waited_us + 2000);
}

static void each_status_has_the_outcome_of_its_table(void **state)
{
    (void)state;
    lay("{}");
    for (int i = STATUS_MALFORMED; i < STATUS_COUNT; i++) {
        decoded = (enum status)i;
        assert_int_equal(step(), STATUS_OK);
        assert_int_equal(queue.outcomes[0], status_outcome(decoded));
        assert_string_equal(queue.reasons[0],
                            queue.outcomes[0] == OUTCOME_REJECT ? "as it is" : "");
    }
}

/* 512 events that take 5 s and fail, as at a time limit, then ones that are quick again. */
static void a_slow_store_gets_smaller_batches(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4 * BATCH_FIRST; i++)
        lay_feeling(USER, "joy");
    queue.count = 2 * BATCH_FIRST;
    database.takes_us = 5 * SECOND_US;
    database.fails_from_call = 1;
    assert_int_equal(step(), STATUS_UNAVAILABLE);
    assert_int_equal(ended, 0);
    database.takes_us = 0;
    database.fails_from_call = 0;
    for (size_t asked = BATCH_FIRST; asked < 1500; asked *= 2) {
        queue.count = asked;
        assert_int_equal(step(), STATUS_OK);
        assert_int_equal(queue.asked, asked);
        assert_int_equal(ended, queue.count);
    }
    assert_int_equal(step(), STATUS_OK);
    assert_int_equal(queue.asked, 1500);
}

static void nothing_to_do_is_not_settled(void **state)
{
    (void)state;
    assert_int_equal(step(), STATUS_OK);
    assert_int_equal(ended, 0);
    assert_int_equal(queue.settles, 0);
    queue.fetch_status = STATUS_UNAVAILABLE;
    assert_int_equal(step(), STATUS_UNAVAILABLE);
    assert_int_equal(queue.settles, 0);
}

static void without_a_store_events_come_again(void **state)
{
    (void)state;
    int64_t retried = metric_value(METRIC_events_retried, LABEL_emotions);
    database.fails_from_call = 1;
    lay_feeling(USER, "joy");
    lay("{");
    lay_feeling(USER, "joy");
    assert_int_equal(step(), STATUS_UNAVAILABLE);
    assert_int_equal(queue.settles, 1);
    assert_int_equal(queue.outcomes[0], OUTCOME_RETRY);
    assert_int_equal(queue.outcomes[1], OUTCOME_REJECT);
    assert_int_equal(queue.outcomes[2], OUTCOME_RETRY);
    assert_int_equal(ended, 1);
    assert_int_equal(cache.calls, 0);
    assert_int_equal(metric_value(METRIC_events_retried, LABEL_emotions), retried + 2);
}

static void one_poisonous_event_stops_no_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < 1000; i++)
        lay_feeling(USER, i == 617 ? "poison" : "joy");
    assert_int_equal(step(), STATUS_OK);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(queue.outcomes[i], i == 617 ? OUTCOME_REJECT : OUTCOME_DONE);
    assert_string_equal(queue.reasons[617], "refused by the database");
    assert_in_range(database.calls, 2, 21); /* halving 1000 takes 2 · 10 transactions more */
}

static void an_inner_fault_is_never_the_events(void **state)
{
    (void)state;
    database.poison = STATUS_INTERNAL;
    lay_feeling(USER, "poison");
    lay_feeling(USER, "joy");
    queue.messages[0].deliveries = 1000;
    assert_int_equal(step(), STATUS_INTERNAL);
    assert_int_equal(queue.outcomes[0], OUTCOME_RETRY);
    assert_int_equal(queue.outcomes[1], OUTCOME_DONE);
}

static void what_concerns_all_events_is_the_databases(void **state)
{
    (void)state;
    for (size_t i = 0; i < 1000; i++)
        lay_feeling(USER, "poison");
    lay_feeling(USER, "again"); /* a repetition writes nothing, and shows nothing */
    assert_int_equal(step(), STATUS_INVALID);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(queue.outcomes[i], OUTCOME_RETRY);
    assert_in_range(database.calls, 1, 40); /* not one for each event */
}

static void a_lone_refusal_is_the_events_once_another_was_counted(void **state)
{
    (void)state;
    lay_feeling(USER, "poison");
    assert_int_equal(step(), STATUS_INVALID);
    assert_int_equal(queue.outcomes[0], OUTCOME_RETRY);
    queue.count = 0;
    lay_feeling(USER, "joy");
    assert_int_equal(step(), STATUS_OK);
    clock_manual_advance(&manual, SECOND_US);
    queue.count = 0;
    lay_feeling(USER, "poison");
    assert_int_equal(step(), STATUS_INVALID); /* another, which came after what was counted */
    queue.messages[0].deliveries = 2;
    assert_int_equal(step(), STATUS_OK);
    assert_int_equal(queue.outcomes[0], OUTCOME_REJECT);
}

static void a_store_lost_while_halving_keeps_what_was_committed(void **state)
{
    (void)state;
    lay_feeling(USER, "joy");
    lay_feeling(USER, "joy");
    lay_feeling(USER, "poison");
    lay_feeling(USER, "joy");
    database.fails_from_call = 3; /* all four, the first two, the last two */
    assert_int_equal(step(), STATUS_UNAVAILABLE);
    assert_int_equal(queue.outcomes[0], OUTCOME_DONE);
    assert_int_equal(queue.outcomes[1], OUTCOME_DONE);
    assert_int_equal(queue.outcomes[2], OUTCOME_RETRY);
    assert_int_equal(queue.outcomes[3], OUTCOME_RETRY);
    assert_int_equal(cache.keys, 1);
}

static void cached_features_of_each_person_are_forgotten_once(void **state)
{
    (void)state;
    lay_feeling(USER, "joy");
    lay_feeling(USER, "again");
    lay_feeling(USER, "joy");
    lay_feeling("0190a0b0-1111-7222-8333-44445555ffff", "again");
    lay_feeling("0190a0b0-1111-7222-8333-44445555fffe", "nobody");
    assert_int_equal(step(), STATUS_OK);
    assert_int_equal(cache.calls, 1);
    assert_int_equal(cache.keys, 1);
    assert_string_equal(cache.first_key, "user_features:" USER);
}

static void many_people_are_forgotten_in_chunks(void **state)
{
    (void)state;
    char user_id[UUID_TEXT_SIZE];
    for (size_t i = 0; i < 1200; i++) {
        snprintf(user_id, sizeof user_id, "0190a0b0-1111-7222-8333-4444%08zx", i % 600);
        lay_feeling(user_id, "joy");
    }
    cache.status = STATUS_UNAVAILABLE; /* is counted, and hinders nothing */
    int64_t errors = metric_value(METRIC_feature_cache, LABEL_error);
    assert_int_equal(step(), STATUS_OK);
    assert_int_equal(cache.keys, 600);
    assert_int_equal(cache.calls, 3);
    assert_int_equal(metric_value(METRIC_feature_cache, LABEL_error), errors + 3);
    for (size_t i = 0; i < 1200; i++)
        assert_int_equal(queue.outcomes[i], OUTCOME_DONE);
}

static void what_cannot_be_settled_is_not_ended(void **state)
{
    (void)state;
    lay_feeling(USER, "joy");
    queue.settle_status = STATUS_UNAVAILABLE;
    assert_int_equal(step(), STATUS_UNAVAILABLE);
    assert_int_equal(ended, 0);
}

static void transactions_take_the_same_way(void **state)
{
    (void)state;
    transactions_sum_cents = 0;
    lay("{\"userId\":\"" USER "\",\"amount\":12.34}");
    lay("{\"userId\":\"" USER "\",\"amount\":-1}");
    lay("{\"userId\":\"" USER "\",\"amount\":\"0.66\"}");
    for (size_t i = 0; i < 3; i++)
        queue.messages[i].stream = STREAM_TRANSACTIONS;
    assert_int_equal(role_transaction_processing.consumer->step(&context, &queue.base, 0, &ended),
                     STATUS_OK);
    assert_int_equal(transactions_sum_cents, 1300);
    assert_int_equal(queue.outcomes[0], OUTCOME_DONE);
    assert_int_equal(queue.outcomes[1], OUTCOME_REJECT);
    assert_string_equal(queue.reasons[1], "amount: Input should be greater than 0");
    assert_int_equal(queue.outcomes[2], OUTCOME_DONE);
    assert_string_equal(cache.first_key, "user_features:" USER);
}

static void a_flood_of_one_source_leaves_few_letters(void **state)
{
    (void)state;
    int64_t discarded = metric_value(METRIC_events_discarded, LABEL_emotions);
    int64_t letters = 0;
    for (int round = 0; round < 10; round++) {
        queue.count = 0;
        for (size_t i = 0; i < 1000; i++)
            lay_feeling(USER, "nobody");
        lay("{");
        assert_int_equal(step(), STATUS_OK);
        for (size_t i = 0; i < 1001; i++) {
            assert_int_equal(queue.outcomes[i], OUTCOME_REJECT);
            letters += queue.reasons[i][0] != '\0';
        }
        assert_string_not_equal(queue.reasons[1000], ""); /* of another source */
    }
    assert_int_equal(letters, LETTERS_AT_ONCE + 10);
    assert_int_equal(metric_value(METRIC_events_discarded, LABEL_emotions),
                     discarded + 10 * 1001 - letters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_result_has_its_outcome, setup),
        cmocka_unit_test_setup(each_status_has_the_outcome_of_its_table, setup),
        cmocka_unit_test_setup(a_slow_store_gets_smaller_batches, setup),
        cmocka_unit_test_setup(nothing_to_do_is_not_settled, setup),
        cmocka_unit_test_setup(without_a_store_events_come_again, setup),
        cmocka_unit_test_setup(one_poisonous_event_stops_no_other, setup),
        cmocka_unit_test_setup(an_inner_fault_is_never_the_events, setup),
        cmocka_unit_test_setup(what_concerns_all_events_is_the_databases, setup),
        cmocka_unit_test_setup(a_lone_refusal_is_the_events_once_another_was_counted, setup),
        cmocka_unit_test_setup(a_store_lost_while_halving_keeps_what_was_committed, setup),
        cmocka_unit_test_setup(cached_features_of_each_person_are_forgotten_once, setup),
        cmocka_unit_test_setup(many_people_are_forgotten_in_chunks, setup),
        cmocka_unit_test_setup(what_cannot_be_settled_is_not_ended, setup),
        cmocka_unit_test_setup(transactions_take_the_same_way, setup),
        cmocka_unit_test_setup(a_flood_of_one_source_leaves_few_letters, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
