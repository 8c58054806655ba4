/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_text.h"
#include "base/utf8.h"

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

/* Makes room for `size` more bytes and the closing zero. */
static bool reserve(struct buf *buf, size_t size)
{
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

/* Before a value: the comma that separates it from the one before. After it: the next needs one. */
static void value(struct buf *buf)
{
    if (buf->comma)
        buf_append(buf, ",", 1);
    buf->comma = true;
}

void json_open(struct buf *buf, char bracket)
{
    value(buf);
    buf_append(buf, &bracket, 1);
    buf->comma = false;
}

void json_close(struct buf *buf, char bracket)
{
    buf_append(buf, &bracket, 1);
    buf->comma = true;
}

void json_key(struct buf *buf, const char *key)
{
    json_text(buf, key);
    buf_append(buf, ":", 1);
    buf->comma = false;
}

void json_text(struct buf *buf, const char *text)
{
    json_bytes(buf, slice_of(text));
}

static void json_escape(struct buf *buf, unsigned char byte)
{
    switch (byte) {
    case '"':
        buf_append(buf, "\\\"", 2);
        break;
    case '\\':
        buf_append(buf, "\\\\", 2);
        break;
    case '\n':
        buf_append(buf, "\\n", 2);
        break;
    default:
        buf_printf(buf, "\\u%04x", byte);
    }
}

void json_bytes(struct buf *buf, struct slice text)
{
    value(buf);
    buf_append(buf, "\"", 1);
    size_t plain = 0; /* start of the run not yet written */
    for (size_t i = 0; i < text.size;) {
        size_t length = utf8_length(text.data + i, text.size - i);
        unsigned char byte = (unsigned char)text.data[i];
        bool special = length == 0 || byte < 0x20 || byte == '"' || byte == '\\';
        if (!special) {
            i += length;
            continue;
        }
        buf_append(buf, text.data + plain, i - plain);
        if (length == 0)
            buf_text(buf, "\xEF\xBF\xBD");
        else
            json_escape(buf, byte);
        plain = ++i;
    }
    if (text.size > plain)
        buf_append(buf, text.data + plain, text.size - plain);
    buf_append(buf, "\"", 1);
}

void json_integer(struct buf *buf, int64_t number)
{
    value(buf);
    buf_printf(buf, "%" PRId64, number);
}

void json_boolean(struct buf *buf, bool boolean)
{
    json_raw(buf, slice_of(boolean ? "true" : "false"));
}

void json_null(struct buf *buf)
{
    json_raw(buf, slice_of("null"));
}

void json_decimal(struct buf *buf, int64_t number, int places)
{
    assert(places >= 0 && places <= 9);
    if (places == 0) {
        json_integer(buf, number);
        return;
    }
    uint64_t scale = 1;
    for (int i = 0; i < places; i++)
        scale *= 10;
    uint64_t magnitude = number < 0 ? -(uint64_t)number : (uint64_t)number;
    value(buf);
    buf_printf(buf, "%s%" PRIu64 ".%0*" PRIu64, number < 0 ? "-" : "", magnitude / scale, places,
               magnitude % scale);
}

void json_raw(struct buf *buf, struct slice json)
{
    value(buf);
    buf_append(buf, json.data, json.size);
}

void json_time(struct buf *buf, int64_t time_us)
{
    char text[TIME_TEXT_SIZE];
    time_format(time_us, text);
    json_text(buf, text);
}
