/* SPDX-License-Identifier: Apache-2.0
 *
 * Deliveries and settlements → floor, next and the slots between them.
 */
#include "bus/group.h"

#include <assert.h>
#include <stdlib.h>

static struct group_slot *slot_of(struct group *group, uint64_t sequence)
{
    return &group->slots[sequence % GROUP_WINDOW];
}

static bool has_slot(const struct group *group, uint64_t sequence)
{
    return sequence > group->floor && sequence < group->next;
}

/* The window has room for what lies between floor and next, and the floor is as high as it can be.
 */
static bool is_sane(const struct group *group)
{
    return group->floor < group->next && group->next - group->floor - 1 <= GROUP_WINDOW &&
           group->done_beyond <= group->next - group->floor - 1;
}

enum status group_init(struct group *group, uint64_t floor)
{
    group->slots = calloc(GROUP_WINDOW, sizeof *group->slots);
    if (group->slots == NULL)
        return STATUS_INTERNAL;
    group_rewind(group, floor);
    return STATUS_OK;
}

void group_free(struct group *group)
{
    free(group->slots);
    group->slots = NULL;
}

static void note_due(struct group *group, int64_t due_us)
{
    if (due_us < group->due_us)
        group->due_us = due_us;
}

static size_t take_due(struct group *group, uint32_t owner, int64_t now_us, int64_t due_us,
                       struct group_delivery out[], size_t max)
{
    if (now_us < group->due_us)
        return 0;
    size_t count = 0;
    group->due_us = INT64_MAX;
    for (uint64_t sequence = group->floor + 1; sequence < group->next; sequence++) {
        struct group_slot *slot = slot_of(group, sequence);
        if (slot->done)
            continue;
        assert(slot->deliveries > 0); /* all below next were delivered */
        if (slot->due_us <= now_us && count < max) {
            slot->due_us = due_us;
            slot->owner = owner;
            if (slot->deliveries < UINT16_MAX)
                slot->deliveries++;
            out[count++] = (struct group_delivery){sequence, slot->deliveries};
        }
        note_due(group, slot->due_us);
    }
    return count;
}

size_t group_take(struct group *group, uint64_t last, uint32_t owner, int64_t now_us,
                  int64_t due_us, struct group_delivery out[], size_t max)
{
    size_t count = take_due(group, owner, now_us, due_us, out, max);
    while (count < max && group->next <= last && group->next - group->floor <= GROUP_WINDOW) {
        *slot_of(group, group->next) = (struct group_slot){due_us, owner, 1, false};
        out[count++] = (struct group_delivery){group->next, 1};
        group->next++;
    }
    assert(count <= max && is_sane(group));
    if (count > 0)
        note_due(group, due_us);
    return count;
}

void group_done(struct group *group, uint64_t sequence)
{
    if (!has_slot(group, sequence) || slot_of(group, sequence)->done)
        return;
    slot_of(group, sequence)->done = true;
    group->done_beyond++;
    while (has_slot(group, group->floor + 1) && slot_of(group, group->floor + 1)->done) {
        assert(group->done_beyond > 0);
        group->floor++;
        group->done_beyond--;
    }
    assert(is_sane(group));
}

void group_again(struct group *group, uint64_t sequence, uint32_t owner, int64_t due_us)
{
    if (!has_slot(group, sequence))
        return;
    struct group_slot *slot = slot_of(group, sequence);
    if (slot->done || slot->owner != owner)
        return;
    slot->due_us = due_us;
    note_due(group, due_us);
}

void group_release(struct group *group, uint32_t owner, int64_t now_us)
{
    for (uint64_t sequence = group->floor + 1; sequence < group->next; sequence++)
        group_again(group, sequence, owner, now_us);
}

void group_rewind(struct group *group, uint64_t floor)
{
    group->floor = floor;
    group->next = floor + 1;
    group->done_beyond = 0;
    group->due_us = INT64_MAX;
    assert(is_sane(group)); /* no floor is the largest number */
}

void group_trim(struct group *group, uint64_t first)
{
    assert(first > 0);
    if (group->next <= first) {
        group_rewind(group, first - 1);
        return;
    }
    for (uint64_t sequence = group->floor + 1; sequence < first; sequence++)
        group_done(group, sequence);
    assert(group->floor + 1 >= first);
}
