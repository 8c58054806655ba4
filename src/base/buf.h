/* SPDX-License-Identifier: Apache-2.0
 *
 * A byte buffer that grows up to a maximum given at its birth. Appending past the maximum, or
 * when memory is out, drops the bytes and marks the buffer as overflowed: the writer checks once,
 * at the end. The text is always terminated by a zero that `size` does not count.
 */
#ifndef ECS_BASE_BUF_H
#define ECS_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct buf {
    char *data; /* owned; NULL until the first byte */
    size_t size;
    size_t capacity;
    size_t max;
    bool overflowed;
    bool comma; /* the next JSON value needs a comma before it */
};

void buf_init(struct buf *buf, size_t max);
void buf_free(struct buf *buf);
/* Empties the buffer and keeps its memory. */
void buf_clear(struct buf *buf);
void buf_append(struct buf *buf, const void *data, size_t size);
void buf_text(struct buf *buf, const char *text);
/* Appends it with something else instead of each byte of `special`, in that order. */
void buf_escape(struct buf *buf, struct slice text, const char *special,
                const char *const instead[]);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct slice buf_slice(const struct buf *buf);

#endif
