/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/gone_people.h"

#include <strings.h>

#include "base/log.h"

/* An event may be refused because it is no valid JSON: the id is looked for as text. */
static bool holds_id(struct slice payload, const struct uuid *user_id)
{
    char id[UUID_TEXT_SIZE];
    uuid_format(user_id, id);
    for (size_t at = 0; at + UUID_TEXT_SIZE - 1 <= payload.size; at++)
        if (strncasecmp(payload.data + at, id, UUID_TEXT_SIZE - 1) == 0)
            return true;
    return false;
}

static bool is_of_one(const struct gone_batch *batch, size_t people,
                      const struct bus_message *letter)
{
    for (size_t i = 0; i < people; i++)
        if (holds_id(letter->payload, &batch->people[i].user_id))
            return true;
    return false;
}

/* Removes letters behind `*seen`, which moves on; those looked at twice do no harm. */
static enum status letters_remove(struct bus *bus, struct gone_batch *batch, size_t people,
                                  int64_t *seen)
{
    size_t count, removed = 0;
    enum status status = bus_read(bus, STREAM_DEAD_LETTERS, (uint64_t)*seen + 1, batch->letters,
                                  GONE_LETTERS_BATCH, &count);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (is_of_one(batch, people, &batch->letters[i])) {
            status = bus_remove(bus, STREAM_DEAD_LETTERS, batch->letters[i].sequence);
            removed += status == STATUS_OK;
            if (status == STATUS_NOT_FOUND) /* put back, or removed by another process */
                status = STATUS_OK;
        }
        if (status == STATUS_OK)
            *seen = (int64_t)batch->letters[i].sequence;
    }
    bus_read_free(bus, batch->letters, count);
    if (removed > 0)
        log_info("dead letters of deleted people removed", LOG_INTEGER("count", (int64_t)removed));
    return status;
}

enum status gone_people_follow(struct role_context *context)
{
    struct gone_batch *batch = context->scratch;
    size_t people;
    enum status status = store_gone_people(context->store, clock_now_us(context->clock),
                                           batch->people, GONE_PEOPLE_BATCH, &people);
    if (status != STATUS_OK || people == 0)
        return status;
    int64_t seen = batch->people[0].letters_to, before = seen; /* of all the least */
    status = letters_remove(context->bus, batch, people, &seen);
    if (seen == before)
        return status;
    enum status kept = store_gone_seen(context->store, batch->people, people, seen);
    return status == STATUS_OK ? kept : status;
}
