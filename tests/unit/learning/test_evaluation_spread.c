/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/evaluation.h"

#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "../unit.h"

enum { PIECES = 1000, FAILS = 300, WAIT_MS = 20000 };

static enum status count_piece(void *context, size_t piece)
{
    atomic_int *times = context;
    atomic_fetch_add(&times[piece], 1);
    return STATUS_OK;
}

static void each_piece_is_done_once(void **state)
{
    (void)state;
    static atomic_int times[PIECES];
    assert_int_equal(evaluation_spread(PIECES, count_piece, times), STATUS_OK);
    for (size_t i = 0; i < PIECES; i++)
        assert_int_equal(atomic_load(&times[i]), 1);
    assert_int_equal(evaluation_spread(0, count_piece, times), STATUS_OK);
}

struct meeting {
    size_t expected;
    atomic_size_t come;
};

/* Waits for all others, so it ends well only if all are done at the same time. */
static enum status meet(void *context, size_t piece)
{
    struct meeting *meeting = context;
    const struct timespec while_ms = {.tv_nsec = 1000000};
    (void)piece;
    atomic_fetch_add(&meeting->come, 1);
    for (int i = 0; i < WAIT_MS && atomic_load(&meeting->come) < meeting->expected; i++)
        nanosleep(&while_ms, NULL);
    return atomic_load(&meeting->come) == meeting->expected ? STATUS_OK : STATUS_INTERNAL;
}

static void every_processor_works(void **state)
{
    (void)state;
    cpu_set_t usable;
    struct meeting meeting = {0};
    assert_int_equal(sched_getaffinity(0, sizeof usable, &usable), 0);
    meeting.expected = (size_t)CPU_COUNT(&usable) < 8 ? (size_t)CPU_COUNT(&usable) : 8;
    assert_int_equal(evaluation_spread(meeting.expected, meet, &meeting), STATUS_OK);
}

static enum status fail_late(void *context, size_t piece)
{
    atomic_size_t *begun = context;
    atomic_fetch_add(begun, 1);
    return piece == FAILS ? STATUS_INVALID : STATUS_OK;
}

static void a_failure_is_told(void **state)
{
    (void)state;
    atomic_size_t begun = 0;
    assert_int_equal(evaluation_spread(PIECES, fail_late, &begun), STATUS_INVALID);
    assert_in_range(atomic_load(&begun), FAILS + 1, PIECES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_piece_is_done_once),
        cmocka_unit_test(every_processor_works),
        cmocka_unit_test(a_failure_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
