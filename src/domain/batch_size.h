/* SPDX-License-Identifier: Apache-2.0
 *
 * How many messages a worker takes at once, and how many rows a sweep. Many at once are quick; but
 * what a slow database does not do within its time limits comes again, and is never done. So a
 * batch that took long, or ended by a time limit, halves the next one; one that was quick, and more
 * than half full, doubles it again. The first is small, so that a worker that starts beside a slow
 * database loses no time either.
 *
 * Zeroed at first. One thread at a time.
 */
#ifndef ECS_DOMAIN_BATCH_SIZE_H
#define ECS_DOMAIN_BATCH_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch_size {
    size_t size; /* 0: there was no batch yet */
};

/* Of the next batch: 1 to `max`. */
size_t batch_size_next(const struct batch_size *batch, size_t max);
/* A batch of `count`, at least one, took `taken_us`, and was done or not. */
void batch_size_note(struct batch_size *batch, size_t count, bool done, int64_t taken_us);

#endif
