/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_put.h"

#include <assert.h>
#include <inttypes.h>

#include "base/text.h"
#include "base/time_text.h"

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

static void json_write_text(struct buf *buf, struct slice text)
{
    buf_append(buf, "\"", 1);
    size_t plain = 0; /* start of the run not yet written */
    for (size_t i = 0; i < text.size;) {
        size_t length = text_utf8_length(text.data + i, text.size - i);
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
    assert(plain <= text.size);
    if (text.size > plain)
        buf_append(buf, text.data + plain, text.size - plain);
    buf_append(buf, "\"", 1);
}

/* Before a value: the comma that separates it from the one before, and its key. After it: the next
 * needs a comma. */
static void value(struct buf *buf, const char *key)
{
    if (buf->comma)
        buf_append(buf, ",", 1);
    buf->comma = true;
    if (key == NULL)
        return;
    json_write_text(buf, slice_of(key));
    buf_append(buf, ":", 1);
}

void json_put_open(struct buf *buf, const char *key, char bracket)
{
    assert(bracket == '{' || bracket == '[');
    value(buf, key);
    buf_append(buf, &bracket, 1);
    buf->comma = false;
}

void json_put_close(struct buf *buf, char bracket)
{
    assert(bracket == '}' || bracket == ']');
    buf_append(buf, &bracket, 1);
    buf->comma = true;
}

void json_put_ends(struct buf *buf, const char *brackets)
{
    for (; *brackets != '\0'; brackets++)
        json_put_close(buf, *brackets);
}

void json_put_key(struct buf *buf, const char *key)
{
    value(buf, key);
    buf->comma = false;
}

void json_put_bytes(struct buf *buf, const char *key, struct slice text)
{
    value(buf, key);
    json_write_text(buf, text);
}

void json_put_text(struct buf *buf, const char *key, const char *text)
{
    if (text == NULL)
        json_put_null(buf, key);
    else
        json_put_bytes(buf, key, slice_of(text));
}

void json_put_integer(struct buf *buf, const char *key, int64_t number)
{
    value(buf, key);
    buf_printf(buf, "%" PRId64, number);
}

void json_put_boolean(struct buf *buf, const char *key, bool boolean)
{
    json_put_raw(buf, key, slice_of(boolean ? "true" : "false"));
}

void json_put_null(struct buf *buf, const char *key)
{
    json_put_raw(buf, key, slice_of("null"));
}

void json_put_decimal(struct buf *buf, const char *key, int64_t number, int places)
{
    assert(places >= 0 && places <= 9);
    if (places == 0) {
        json_put_integer(buf, key, number);
        return;
    }
    uint64_t scale = 1;
    for (int i = 0; i < places; i++)
        scale *= 10;
    uint64_t magnitude = number < 0 ? -(uint64_t)number : (uint64_t)number;
    value(buf, key);
    buf_printf(buf, "%s%" PRIu64 ".%0*" PRIu64, number < 0 ? "-" : "", magnitude / scale, places,
               magnitude % scale);
}

void json_put_raw(struct buf *buf, const char *key, struct slice json)
{
    value(buf, key);
    buf_append(buf, json.data, json.size);
}

void json_put_time(struct buf *buf, const char *key, int64_t time_us)
{
    char text[TIME_TEXT_SIZE];
    time_format(time_us, text);
    json_put_text(buf, key, text);
}

void json_put_uuid(struct buf *buf, const char *key, const struct uuid *uuid)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(uuid, text);
    json_put_text(buf, key, text);
}
