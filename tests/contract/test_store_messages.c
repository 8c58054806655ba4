/* SPDX-License-Identifier: Apache-2.0
 *
 * What every store does (store/messages.h): what people are told, and the outbox.
 */
#include "store_fixture.h"

#include <stdlib.h>

#include "store/messages.h"
#include "store/offers.h"

static void tells_what_came_after(void **state)
{
    enum { COUNT = 4 };
    struct store *store = store_of(state);
    struct uuid user_id = uuid_of(1), other = uuid_of(2);
    struct notification all[COUNT + 1], out[COUNT];
    size_t count;
    persons_add(store, 1, 2);
    for (int i = 0; i < COUNT; i++) {
        offer_add_accepted(store, 1, 10 + i);
        offer_activate(store, 1, 10 + i);
    }
    assert_int_equal(store_notifications_after(store, &user_id, 0, all, COUNT + 1, &count),
                     STATUS_OK);
    assert_int_equal(count, COUNT);
    for (int i = 0; i < COUNT; i++) {
        struct notification expected = notification_of(1, 10 + i);
        assert_true(all[i].id > (i == 0 ? 0 : all[i - 1].id));
        assert_true(uuid_equal(&all[i].user_id, &user_id));
        assert_true(uuid_equal(&all[i].offer_id, &expected.offer_id));
        assert_string_equal(all[i].type, expected.type);
        assert_string_equal(all[i].title, expected.title);
        assert_string_equal(all[i].message, expected.message);
        assert_int_equal(all[i].created_at_us, NOW_US);
    }
    assert_int_equal(store_notifications_after(store, &user_id, all[0].id, out, 2, &count),
                     STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(out[0].id, all[1].id);
    assert_int_equal(out[1].id, all[2].id);
    assert_int_equal(store_notifications_after(store, &user_id, all[3].id, out, 2, &count),
                     STATUS_OK);
    assert_int_equal(count, 0);
    assert_int_equal(store_notifications_after(store, &other, 0, out, 2, &count), STATUS_OK);
    assert_int_equal(count, 0);
}

/* `count` people accept an offer each: as many rows in the outbox. */
static void outbox_fill(struct store *store, int count)
{
    persons_add(store, 1, count);
    for (int i = 1; i <= count; i++)
        offer_add_accepted(store, i, i);
}

static void hands_a_message_out_as_it_came(void **state)
{
    struct store *store = store_of(state);
    struct outbox_row out[4], expected = message_of(STREAM_CREDITS, 1);
    size_t count = 9;
    assert_int_equal(store_outbox_claim(store, NOW_US, out, 4, &count), STATUS_OK);
    assert_int_equal(count, 0);
    outbox_fill(store, 1);
    offer_activate(store, 1, 1);
    assert_int_equal(store_outbox_claim(store, NOW_US, out, 4, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(out[0].stream, STREAM_CREDITS);
    assert_string_equal(out[0].request_id, expected.request_id);
    assert_string_equal(out[0].traceparent, expected.traceparent);
    assert_string_equal(out[0].payload, expected.payload);
    assert_int_equal(out[1].stream, STREAM_NOTIFICATIONS);
    assert_true(out[0].id < out[1].id);
}

static void a_full_message_fits(void **state)
{
    struct store *store = store_of(state);
    struct acceptance acceptance = {
        .offer_id = uuid_of(5), .user_id = uuid_of(1), .now_us = NOW_US};
    struct outbox_row event = {.stream = STREAM_CREDITS}, out;
    size_t count;
    memset(event.payload, 'x', sizeof event.payload - 1);
    memset(event.request_id, 'r', sizeof event.request_id - 1);
    persons_add(store, 1, 1);
    decision_add(store, 1, 5, true);
    acceptance.event = event;
    store_offers_accept(store, &acceptance, 1);
    assert_int_equal(acceptance.status, STATUS_OK);
    assert_int_equal(store_outbox_claim(store, NOW_US, &out, 1, &count), STATUS_OK);
    assert_int_equal(count, 1);
    assert_string_equal(out.payload, event.payload);
    assert_string_equal(out.request_id, event.request_id);
    assert_string_equal(out.traceparent, "");
}

/* As if `us` had passed since all claims were made. */
static void claims_age(struct store_fixture *fixture, int64_t us)
{
    char text[128];
    snprintf(text, sizeof text,
             fixture->sqlite != NULL
                 ? "UPDATE outbox SET claimed_until = claimed_until - %lld"
                 : "UPDATE outbox SET claimed_until = claimed_until - %lld * interval '1 us'",
             (long long)us);
    assert_true(sql_takes(fixture, text));
}

static void a_claimed_message_is_kept_from_others_for_a_while(void **state)
{
    struct store *store = store_of(state);
    struct outbox_row out[4];
    size_t count;
    outbox_fill(store, 3);
    assert_int_equal(store_outbox_claim(store, NOW_US, out, 2, &count), STATUS_OK);
    assert_int_equal(count, 2);
    int64_t first = out[0].id, second = out[1].id;
    assert_int_equal(store_outbox_claim(store, NOW_US, out, 4, &count), STATUS_OK);
    assert_int_equal(count, 1);
    assert_true(out[0].id > second);
    int64_t third = out[0].id;
    assert_int_equal(store_outbox_claim(store, NOW_US, out, 4, &count), STATUS_OK);
    assert_int_equal(count, 0);
    assert_int_equal(store_outbox_done(store, (const int64_t[]){second}, 1), STATUS_OK);
    claims_age(fixture_of(state), OUTBOX_CLAIM_US);
    assert_int_equal(store_outbox_claim(store, NOW_US, out, 4, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(out[0].id, first);
    assert_int_equal(out[1].id, third);
}

static void what_is_done_is_gone(void **state)
{
    struct store *store = store_of(state);
    struct outbox_row out[4];
    size_t count;
    outbox_fill(store, 4);
    assert_int_equal(store_outbox_claim(store, NOW_US, out, 4, &count), STATUS_OK);
    int64_t ids[] = {out[0].id, out[1].id, out[3].id, 999999};
    assert_int_equal(store_outbox_done(store, ids, 0), STATUS_OK);
    assert_int_equal(store_outbox_done(store, ids, 4), STATUS_OK);
    assert_int_equal(store_outbox_done(store, ids, 4), STATUS_OK);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM outbox"), 1);
    claims_age(fixture_of(state), OUTBOX_CLAIM_US);
    assert_int_equal(store_outbox_claim(store, NOW_US, out, 4, &count), STATUS_OK);
    assert_int_equal(count, 1);
}

/* The clock was an hour ahead when the claim was made, and has been set right. */
static void a_claim_by_a_wrong_clock_is_void(void **state)
{
    struct store *store = store_of(state);
    struct outbox_row out[4];
    size_t count;
    outbox_fill(store, 1);
    assert_int_equal(store_outbox_claim(store, NOW_US, out, 4, &count), STATUS_OK);
    claims_age(fixture_of(state), -HOUR_US);
    assert_int_equal(store_outbox_claim(store, NOW_US, out, 4, &count), STATUS_OK);
    assert_int_equal(count, 1);
}

enum { ROWS = 210, CLAIM_MAX = 7 };

struct claims {
    pthread_mutex_t mutex;
    int64_t ids[2 * ROWS];
    size_t count;
    int failed;
};

static void claim_all(struct store *store, int number, void *context)
{
    struct claims *claims = context;
    struct outbox_row out[CLAIM_MAX];
    size_t count;
    (void)number;
    do {
        enum status status = store_outbox_claim(store, NOW_US, out, CLAIM_MAX, &count);
        pthread_mutex_lock(&claims->mutex);
        claims->failed += status != STATUS_OK;
        for (size_t i = 0; i < count && claims->count < 2 * ROWS; i++)
            claims->ids[claims->count++] = out[i].id;
        pthread_mutex_unlock(&claims->mutex);
    } while (count > 0);
}

static int by_number(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void of_many_who_claim_each_gets_its_own(void **state)
{
    static struct claims claims;
    claims = (struct claims){.mutex = PTHREAD_MUTEX_INITIALIZER};
    outbox_fill(store_of(state), ROWS);
    store_fixture_at_once(fixture_of(state), 4, claim_all, &claims);
    assert_int_equal(claims.failed, 0);
    /* One who found all left rows locked may have stopped early; nobody was given a row twice. */
    assert_int_equal(claims.count, ROWS);
    qsort(claims.ids, claims.count, sizeof claims.ids[0], by_number);
    for (size_t i = 1; i < claims.count; i++)
        assert_true(claims.ids[i] > claims.ids[i - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(tells_what_came_after),
        STORE_TEST(hands_a_message_out_as_it_came),
        STORE_TEST(a_full_message_fits),
        STORE_TEST(a_claimed_message_is_kept_from_others_for_a_while),
        STORE_TEST(a_claim_by_a_wrong_clock_is_void),
        STORE_TEST(what_is_done_is_gone),
        STORE_TEST(of_many_who_claim_each_gets_its_own),
    };
    return cmocka_run_group_tests_name("store_messages", tests, store_server_start,
                                       store_server_end);
}
