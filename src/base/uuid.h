/* SPDX-License-Identifier: Apache-2.0
 *
 * UUIDs (RFC 9562).
 */
#ifndef ECS_BASE_UUID_H
#define ECS_BASE_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/status.h"

enum { UUID_TEXT_SIZE = 37 };

struct uuid {
    uint8_t bytes[16];
};

/* Version 7: `now_us` leads, so that new rows lie together in an index; the rest is random. */
struct uuid uuid_v7(int64_t now_us, const uint8_t random[10]);
/* Accepts the hyphenated form in either case. STATUS_INVALID otherwise. */
MUST_CHECK enum status uuid_parse(const char *text, size_t size, struct uuid *uuid);
/* Lower case, hyphenated, terminated. */
void uuid_format(const struct uuid *uuid, char text[UUID_TEXT_SIZE]);

static inline int uuid_compare(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

static inline bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
    return uuid_compare(a, b) == 0;
}

#endif
