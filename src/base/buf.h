/* SPDX-License-Identifier: Apache-2.0
 *
 * A byte buffer that grows up to a maximum given at its birth. Appending past the maximum, or
 * when memory is out, drops the bytes and marks the buffer as overflowed: the writer checks once,
 * at the end. The text is always terminated by a zero that `size` does not count.
 *
 * The json_ functions write JSON text into it. They put commas by themselves, so a document is
 * written as it reads: json_open(b, '{'); json_key(b, "a"); json_integer(b, 1); json_close(b, '}').
 * jansson reads JSON, but cannot write 8.50 as 8.50, and money must leave with two decimals.
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
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct slice buf_slice(const struct buf *buf);

/* `bracket` is '{' or '[' to open, '}' or ']' to close. */
void json_open(struct buf *buf, char bracket);
void json_close(struct buf *buf, char bracket);
void json_key(struct buf *buf, const char *key);
void json_text(struct buf *buf, const char *text);
/* Bytes that are not UTF-8 are written as U+FFFD. */
void json_bytes(struct buf *buf, struct slice text);
void json_integer(struct buf *buf, int64_t value);
void json_boolean(struct buf *buf, bool value);
void json_null(struct buf *buf);
/* value / 10^places with exactly that many decimals: (835, 2) is 8.35. places: 0 to 9. */
void json_decimal(struct buf *buf, int64_t value, int places);
/* JSON text that is valid already. */
void json_raw(struct buf *buf, struct slice json);
/* Microseconds since 1970 as "2026-01-31T23:59:59.123456Z". */
void json_time(struct buf *buf, int64_t time_us);

#endif
