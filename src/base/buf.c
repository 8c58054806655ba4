/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){.max = max};
}

void buf_free(struct buf *buf)
{
    free(buf->data);
    buf_init(buf, buf->max);
}

void buf_clear(struct buf *buf)
{
    buf->size = 0;
    buf->overflowed = false;
    buf->comma = false;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

/* What was written, and its zero, lies in the memory that there is, and within the maximum. */
static bool buf_sane(const struct buf *buf)
{
    return (buf->data == NULL) == (buf->capacity == 0) && buf->size <= buf->max &&
           (buf->data == NULL ? buf->size == 0 : buf->size < buf->capacity);
}

/* Makes room for `size` more bytes and the closing zero. */
static bool reserve(struct buf *buf, size_t size)
{
    assert(buf_sane(buf));
    if (buf->overflowed || size > buf->max - buf->size) {
        buf->overflowed = true;
        return false;
    }
    size_t needed = buf->size + size + 1;
    if (needed <= buf->capacity)
        return true;
    size_t capacity = buf->capacity == 0 ? FIRST_CAPACITY : buf->capacity;
    while (capacity < needed)
        capacity *= 2;
    if (capacity > buf->max)
        capacity = buf->max + 1;
    assert(capacity >= needed);
    char *data = realloc(buf->data, capacity);
    if (data == NULL) {
        buf->overflowed = true;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

void buf_append(struct buf *buf, const void *data, size_t size)
{
    if (!reserve(buf, size))
        return;
    if (size > 0)
        memcpy(buf->data + buf->size, data, size);
    buf->size += size;
    buf->data[buf->size] = '\0';
}

void buf_text(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_escape(struct buf *buf, struct slice text, const char *special,
                const char *const instead[])
{
    for (size_t i = 0; i < text.size; i++) {
        const char *found = text.data[i] == '\0' ? NULL : strchr(special, text.data[i]);
        if (found == NULL)
            buf_append(buf, &text.data[i], 1);
        else
            buf_text(buf, instead[found - special]);
    }
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size >= 0 && reserve(buf, (size_t)size)) {
        vsnprintf(buf->data + buf->size, (size_t)size + 1, format, again);
        buf->size += (size_t)size;
    }
    va_end(again);
}

struct slice buf_slice(const struct buf *buf)
{
    return (struct slice){buf->data == NULL ? "" : buf->data, buf->size};
}
