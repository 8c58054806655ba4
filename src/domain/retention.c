/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/retention.h"

#include <assert.h>

#include "limits.h"

/* The way from an event to its last delivery: it waits on its stream, is refused, is put back, and
 * waits again. Its key, which is as old as its last delivery, outlives each of these waits even if
 * a jump of the clock is believed meanwhile. */
_Static_assert(EVENT_KEY_LIFE_US >= BUS_STREAM_AGE_US + BUS_DEAD_LETTER_AGE_US + SWEEP_JUMP_US_MAX,
               "event keys must outlive all that can be delivered again");
_Static_assert(EVENT_KEY_LIFE_US > BUS_REWIND_US_MAX, "so must they what is consumed again");

enum retention_answer retention_check(const struct retention *retention, int64_t database_us,
                                      int64_t process_us)
{
    int64_t skew_us = process_us - database_us;
    if (skew_us > SWEEP_SKEW_US_MAX || skew_us < -SWEEP_SKEW_US_MAX)
        return RETENTION_SKEWED;
    if (retention->present_us != 0 && database_us - retention->present_us > SWEEP_JUMP_US_MAX)
        return RETENTION_JUMPED;
    return RETENTION_DUE;
}

enum retention_answer retention_step(struct retention *retention, int64_t database_us,
                                     int64_t process_us)
{
    enum retention_answer answer = retention_check(retention, database_us, process_us);
    int64_t since_us = database_us - retention->swept_us;
    if (answer == RETENTION_SKEWED)
        return answer;
    /* Of two who read the time at once one waits for the other. But a last sweep far in the future
     * was made by a clock that has been put right since. */
    if (since_us >= -SWEEP_SKEW_US_MAX && since_us < SWEEP_PERIOD_US)
        return answer == RETENTION_JUMPED ? answer : RETENTION_NOT_DUE;
    retention->swept_us = database_us;
    if (answer == RETENTION_JUMPED)
        retention->present_us += SWEEP_JUMP_US_MAX;
    else if (database_us > retention->present_us)
        retention->present_us = database_us;
    /* A jump is believed by parts, anything else at once. */
    assert((retention->present_us < database_us) == (answer == RETENTION_JUMPED));
    return answer;
}
