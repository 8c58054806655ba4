/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions about a text: whether it is UTF-8, whether it was meant for another word, whether it
 * can be the name of a producer of events; numbers in texts, and texts of URLs.
 */
#ifndef ECS_BASE_TEXT_H
#define ECS_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/status.h"

/* UTF-8 as of RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool text_is_utf8(const char *text, size_t size);
/* Length in bytes (1 to 4) of the character at `text`, or 0 if it is not valid. */
size_t text_utf8_length(const char *text, size_t size);

/* For "did you mean" in messages: true if `word` becomes `known` by few changes: one for every
 * three of its bytes, and at least one. A change puts in, takes out or replaces a byte, or swaps
 * two that stand side by side (the optimal string alignment distance). Words longer than 63 bytes
 * are like no other. */
bool text_is_like(const char *word, const char *known);

/* Reads a number of digits alone. False if there is none, anything else, or more than `max`. */
MUST_CHECK bool text_number(struct slice text, uint64_t max, uint64_t *number);

/* Decodes %XX. False if an escape is malformed or stands for a zero byte, or if the text does not
 * fit into `size_max` bytes. The result is not terminated. */
MUST_CHECK bool text_percent_decode(struct slice text, char *out, size_t size_max, size_t *size);

/* The name of a producer: 1 to PRODUCER_MAX lower-case letters, digits and hyphens, the first of
 * them a letter. It says whose bad events are limited; it proves nothing. */
bool text_is_producer(struct slice text);
/* `text`, or nothing if it is no name: what came so is nameless. */
struct slice text_producer_or_none(struct slice text);

#endif
