/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/event.h"

#include "../unit.h"

static const struct uuid user = {{1}}, other_user = {{2}};
static const struct event_origin here = {.stream = STREAM_EMOTIONS,
                                         .message_id = {"m", 1},
                                         .stream_created_us = 1000,
                                         .sequence = 7,
                                         .published_us = 5000};

static bool same(struct hash a, struct hash b)
{
    return hash_compare(&a, &b) == 0;
}

static struct hash key(struct event_origin origin, const struct uuid *user_id, const char *event_id,
                       const char *payload)
{
    return event_key(&origin, IDS_OF_PRODUCERS, user_id, slice_of(event_id), slice_of(payload));
}

static void an_event_id_alone_decides_for_its_person_and_stream(void **state)
{
    (void)state;
    struct event_origin elsewhere = {.stream = STREAM_EMOTIONS, .sequence = 99};
    struct event_origin other_stream = here;
    other_stream.stream = STREAM_TRANSACTIONS;
    assert_true(same(key(here, &user, "e", "p"), key(elsewhere, &user, "e", "q")));
    assert_false(same(key(here, &user, "e", "p"), key(here, &user, "f", "p")));
    assert_false(same(key(here, &user, "e", "p"), key(here, &other_user, "e", "p")));
    assert_false(same(key(here, &user, "e", "p"), key(other_stream, &user, "e", "p")));
}

/* Else a person could take the id of a payment before the bank reports it. */
static void ids_of_a_person_and_of_producers_are_apart(void **state)
{
    (void)state;
    struct hash of_producers = key(here, &user, "e", "p");
    struct hash of_person = event_key(&here, IDS_OF_PERSON, &user, slice_of("e"), slice_of("p"));
    assert_false(same(of_producers, of_person));
}

static void else_the_message_id_decides(void **state)
{
    (void)state;
    struct event_origin again = here;
    again.sequence = 8;
    struct event_origin other = here;
    other.message_id = slice_of("n");
    assert_true(same(key(here, &user, "", "p"), key(again, &user, "", "p")));
    assert_false(same(key(here, &user, "", "p"), key(other, &user, "", "p")));
    assert_false(same(key(here, &user, "", "p"), key(here, &user, "m", "p")));
}

/* A stream that lost its tail gives a number out twice; times and payload tell apart. */
static void else_the_place_decides(void **state)
{
    (void)state;
    struct event_origin bare = here;
    bare.message_id = slice_of("");
    struct event_origin redelivered = bare;
    struct event_origin overwritten = bare;
    overwritten.published_us++;
    struct event_origin next = bare;
    next.sequence++;
    struct event_origin anew = bare;
    anew.stream_created_us++;
    assert_true(same(key(bare, &user, "", "p"), key(redelivered, &user, "", "p")));
    assert_false(same(key(bare, &user, "", "p"), key(overwritten, &user, "", "p")));
    assert_false(same(key(bare, &user, "", "p"), key(next, &user, "", "p")));
    assert_false(same(key(bare, &user, "", "p"), key(anew, &user, "", "p")));
    assert_false(same(key(bare, &user, "", "p"), key(bare, &user, "", "q")));
}

/* What was stored before the time belonged to the place keeps the key that it had. */
static void an_early_place_has_no_time(void **state)
{
    (void)state;
    struct event_origin early = here;
    early.message_id = slice_of("");
    early.untimed = true;
    char text[HASH_TEXT_SIZE];
    struct hash hash = key(early, &user, "", "p");
    hash_format(&hash, text);
    assert_string_equal(text, "b508c8bf9a19999ebb2bcc3c9b6499e4");
    early.published_us++;
    struct hash other = key(early, &user, "", "p");
    assert_true(same(hash, other));
}

static void streams_have_names_and_subjects(void **state)
{
    (void)state;
    assert_string_equal(stream_name(STREAM_EMOTIONS), "emotions");
    assert_string_equal(stream_subject(STREAM_EMOTIONS), "user.emotions.topic");
    assert_string_equal(stream_subject(STREAM_TRANSACTIONS), "transactions.topic");
    assert_string_equal(stream_name(STREAM_DEAD_LETTERS), "dead-letter");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_id_alone_decides_for_its_person_and_stream),
        cmocka_unit_test(ids_of_a_person_and_of_producers_are_apart),
        cmocka_unit_test(else_the_message_id_decides),
        cmocka_unit_test(else_the_place_decides),
        cmocka_unit_test(an_early_place_has_no_time),
        cmocka_unit_test(streams_have_names_and_subjects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
