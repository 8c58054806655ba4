/* SPDX-License-Identifier: Apache-2.0
 *
 * The one flag that ends every loop of a process, and a sleep that ends with it. Safe from any
 * thread.
 */
#ifndef ECS_RUNNER_STOP_H
#define ECS_RUNNER_STOP_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct stop {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool set;
};

void stop_init(struct stop *stop);
void stop_destroy(struct stop *stop);
void stop_set(struct stop *stop);
/* True at once if it is set, or as soon as it is; false after `wait_us`. */
bool stop_wait(struct stop *stop, int64_t wait_us);

#endif
