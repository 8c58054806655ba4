/* SPDX-License-Identifier: Apache-2.0
 *
 * Which messages of one stream were delivered and which are settled: the memory of a consumer
 * group, without I/O, clock or lock. bus_sqlite keeps one for each stream and guards it.
 *
 *        floor                next             last
 *   ──────┤ settled below  …   ├ never delivered ┤
 *          in flight or done: one slot each
 *
 * At most GROUP_WINDOW messages lie between floor and next: when the oldest of so many is still
 * not settled, only redeliveries go on. Sequences start at 1 and have no gaps but at the front.
 */
#ifndef ECS_BUS_GROUP_H
#define ECS_BUS_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { GROUP_WINDOW = 65536 };

struct group_slot {
    int64_t due_us; /* in flight: when it may be delivered again */
    uint32_t owner; /* the consumer that it was delivered to */
    uint16_t deliveries;
    bool done;
};

struct group {
    uint64_t floor;           /* all up to it are settled */
    uint64_t next;            /* all from it on were never delivered */
    uint64_t done_beyond;     /* settled above the floor */
    int64_t due_us;           /* no slot in flight is due before */
    struct group_slot *slots; /* [sequence % GROUP_WINDOW]; owned */
};

/* One message to deliver. */
struct group_delivery {
    uint64_t sequence;
    int deliveries;
};

MUST_CHECK enum status group_init(struct group *group, uint64_t floor);
void group_free(struct group *group);

/* Takes up to `max` messages for `owner`, ascending within each of its two parts: first those due
 * again, then new ones up to `last`. They are due again at `due_us`. */
size_t group_take(struct group *group, uint64_t last, uint32_t owner, int64_t now_us,
                  int64_t due_us, struct group_delivery out[], size_t max);

/* The message is settled. Late ones count; unknown ones are ignored. */
void group_done(struct group *group, uint64_t sequence);

/* The message is due again at `due_us`, if `owner` still has it. */
void group_again(struct group *group, uint64_t sequence, uint32_t owner, int64_t due_us);

/* All that `owner` has are due now. */
void group_release(struct group *group, uint32_t owner, int64_t now_us);

/* Forgets what was delivered: all after `floor` are new. */
void group_rewind(struct group *group, uint64_t floor);

/* The stream now begins at `first`: what was before counts as settled. */
void group_trim(struct group *group, uint64_t first);

#endif
