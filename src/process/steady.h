/* SPDX-License-Identifier: Apache-2.0
 *
 * The clock that nobody can set: for deadlines, durations and waits; and the flag that ends every
 * wait of a process that stops. The time of day is `ports/clock.h`'s; tools/layers.py refuses every
 * other use of a system clock. Safe from any thread.
 */
#ifndef ECS_PROCESS_STEADY_H
#define ECS_PROCESS_STEADY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Microseconds since an arbitrary moment of this machine; never goes back. */
int64_t steady_now_us(void);

/* A condition that steady_wait can wait for. The caller ends it with pthread_cond_destroy. */
void steady_condition_init(pthread_cond_t *condition);

/* Waits for `condition` with `mutex` locked, as pthread_cond_wait does, at most until `deadline_us`
 * of steady_now_us. False: the time is over. */
bool steady_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t deadline_us);

/* Sleeps for `pause_us`, or until a signal is handled. */
void steady_pause(int64_t pause_us);

/* What the loops of a process ask before each turn, and sleep by between two. */
struct stop {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool set; /* once it is, it stays so */
};

void stop_init(struct stop *stop);
void stop_destroy(struct stop *stop);
void stop_set(struct stop *stop);
/* True at once if it is set, or as soon as it is; false after `wait_us`. */
bool stop_wait(struct stop *stop, int64_t wait_us);

#endif
