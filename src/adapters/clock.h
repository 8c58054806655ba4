/* SPDX-License-Identifier: Apache-2.0
 *
 * The system's clock. Safe from any thread.
 */
#ifndef ECS_ADAPTERS_CLOCK_H
#define ECS_ADAPTERS_CLOCK_H

#include "ports/clock.h"

/* The one clock of the process, which lives as long: the time of day as this machine's clock tells
 * it when the process starts, and as soon as an engine tells its own, that; carried on by a clock
 * that nobody can set. So times that several processes compare are of one clock, and whatever is
 * done to this machine's clock moves none of them. The engine may: at each answer the time may go
 * back by some tens of microseconds, and by a whole step when the engine's own clock is set or
 * another machine takes over for it. What must not go back goes by process/steady.h. */
struct clock *clock_system(void);

/* Whose time of day is followed: of several the last in this list. */
enum clock_leader { CLOCK_OF_START, CLOCK_OF_BUS, CLOCK_OF_STORE };

/* The leader's time was `leader_us` between the moments `asked_us` and `answered_us` of the steady
 * clock. Tells how far this machine's clock is ahead: a metric, and past CLOCK_AHEAD_US_MAX a
 * warning. */
void clock_system_follow(enum clock_leader leader, int64_t leader_us, int64_t asked_us,
                         int64_t answered_us);
/* For a process that follows no engine: tells how far this machine's clock is ahead of what it was
 * at the start, carried on. Once an engine is followed it is 0. */
void clock_system_watch(void);

#endif
