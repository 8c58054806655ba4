/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 as of RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#ifndef ECS_BASE_UTF8_H
#define ECS_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length in bytes (1 to 4) of the character at `text`, or 0 if it is not valid. */
size_t utf8_length(const char *text, size_t size);
bool utf8_valid(const char *text, size_t size);

#endif
