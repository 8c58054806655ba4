/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes JSON text into a buffer. Commas come by themselves, so a document is written as it reads:
 * json_put_open(b, NULL, '{'); json_put_integer(b, "a", 1); json_put_close(b, '}');
 * `key` is a member's name; NULL for the outermost value, for one in a list, and after
 * json_put_key. jansson reads JSON, but cannot write 8.50 as 8.50, and money must leave with two
 * decimals.
 */
#ifndef ECS_BASE_JSON_PUT_H
#define ECS_BASE_JSON_PUT_H

#include "base/buf.h"
#include "base/uuid.h"

/* `bracket` is '{' or '[' to open, '}' or ']' to close. */
void json_put_open(struct buf *buf, const char *key, char bracket);
void json_put_close(struct buf *buf, char bracket);
/* Closes several, the innermost first: "]}". */
void json_put_ends(struct buf *buf, const char *brackets);
/* The name of the member whose value is written next, by a function that takes no key. */
void json_put_key(struct buf *buf, const char *key);
void json_put_text(struct buf *buf, const char *key, const char *text); /* NULL: null */
/* Bytes that are not UTF-8 are written as U+FFFD. */
void json_put_bytes(struct buf *buf, const char *key, struct slice text);
void json_put_integer(struct buf *buf, const char *key, int64_t value);
void json_put_boolean(struct buf *buf, const char *key, bool value);
void json_put_null(struct buf *buf, const char *key);
/* value / 10^places with exactly that many decimals: (835, 2) is 8.35. places: 0 to 9. */
void json_put_decimal(struct buf *buf, const char *key, int64_t value, int places);
/* JSON text that is valid already. */
void json_put_raw(struct buf *buf, const char *key, struct slice json);
/* Microseconds since 1970 as "2026-01-31T23:59:59.123456Z". */
void json_put_time(struct buf *buf, const char *key, int64_t time_us);
void json_put_uuid(struct buf *buf, const char *key, const struct uuid *uuid);

#endif
