/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/watch.h"

#include "../unit.h"
#include "limits.h"

/* As if all that is owed had been owed for so much longer. */
static void pass(struct engine_seen *seen, int64_t passed_us)
{
    if (atomic_load(&seen->owed_since_us) != 0)
        atomic_fetch_sub(&seen->owed_since_us, passed_us);
}

static void an_unanswered_question_is_silence(void **state)
{
    struct engine_seen seen = {.status = STATUS_OK};
    (void)state;
    struct health health = engine_seen_ask(&seen);
    assert_true(engine_seen_is_up(&seen));
    pass(&seen, ENGINE_SILENCE_US);
    assert_false(engine_seen_is_up(&seen));
    engine_seen_note(&seen, "bus", STATUS_OK, &health);
    assert_true(engine_seen_is_up(&seen));
}

static void a_long_look_with_answers_is_no_silence(void **state)
{
    struct engine_seen seen = {.status = STATUS_OK};
    (void)state;
    struct health health = engine_seen_ask(&seen);
    for (int i = 0; i < 4; i++) {
        health_asks(&health);
        pass(&seen, ENGINE_SILENCE_US / 2);
        assert_true(engine_seen_is_up(&seen));
        health_answered(&health);
    }
    pass(&seen, 2 * ENGINE_SILENCE_US); /* it works, and owes no answer */
    assert_true(engine_seen_is_up(&seen));
    health_asks(&health);
    pass(&seen, ENGINE_SILENCE_US); /* the last of them is not answered */
    assert_false(engine_seen_is_up(&seen));
    engine_seen_note(&seen, "bus", STATUS_UNAVAILABLE, &health);
    assert_false(engine_seen_is_up(&seen));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unanswered_question_is_silence),
        cmocka_unit_test(a_long_look_with_answers_is_no_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
