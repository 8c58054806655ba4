/* SPDX-License-Identifier: Apache-2.0
 *
 * A view of bytes that somebody else owns; not terminated by a zero.
 */
#ifndef ECS_BASE_SLICE_H
#define ECS_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *data;
    size_t size;
};

static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, text == NULL ? 0 : strlen(text)};
}

static inline bool slice_equals(struct slice slice, const char *text)
{
    return slice.size == strlen(text) && memcmp(slice.data, text, slice.size) == 0;
}

#endif
