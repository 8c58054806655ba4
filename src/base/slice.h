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

/* Without the spaces and tabs at its ends. */
static inline struct slice slice_trim(struct slice slice)
{
    while (slice.size > 0 && (slice.data[0] == ' ' || slice.data[0] == '\t'))
        slice = (struct slice){slice.data + 1, slice.size - 1};
    while (slice.size > 0 &&
           (slice.data[slice.size - 1] == ' ' || slice.data[slice.size - 1] == '\t'))
        slice.size--;
    return slice;
}

/* Copies it as a text: up to a zero in it, and to what `size` bytes hold with a zero at the end. */
static inline void slice_text(struct slice slice, char *text, size_t size)
{
    size_t room = slice.size < size ? slice.size : size - 1;
    size_t length = slice.data == NULL ? 0 : strnlen(slice.data, room);
    if (length > 0)
        memcpy(text, slice.data, length);
    text[length] = '\0';
}

#endif
