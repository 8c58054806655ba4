/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a sweep may believe its clock. What a sweep removes is gone, so a clock that is wrong
 * must not decide alone: two clocks must agree (the embedded bus has one, and gives it twice), and
 * the present may not jump. A jump is believed a
 * day at a time, once an hour: a system that was off for a month sweeps again after a day or so,
 * and a clock that is two years ahead is noticed long before it does harm.
 */
#ifndef ECS_DOMAIN_RETENTION_H
#define ECS_DOMAIN_RETENTION_H

#include <stdint.h>

/* Kept with the data, one for all processes. */
struct retention {
    int64_t present_us; /* the latest that was believed; 0: none yet */
    int64_t swept_us;   /* when a sweep was let through or refused last */
};

enum retention_answer {
    RETENTION_DUE,
    RETENTION_NOT_DUE, /* somebody has swept within the hour */
    RETENTION_SKEWED,  /* the process's clock and the database's differ too much */
    RETENTION_JUMPED   /* the database's clock is too far ahead of the present that was believed */
};

/* Whether anything may be removed for its age now, by both clocks: DUE, SKEWED or JUMPED. */
enum retention_answer retention_check(const struct retention *retention, int64_t database_us,
                                      int64_t process_us);
/* The same for a sweep. Unless it is NOT_DUE or SKEWED, `retention` is changed, to be kept. */
enum retention_answer retention_step(struct retention *retention, int64_t database_us,
                                     int64_t process_us);

#endif
