/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads JSON, by jansson, and knows when memory ran out. jansson does not: where it has none for a
 * text it says "invalid token", or goes on without some of its bytes (2.14 does). Safe from any
 * thread.
 */
#ifndef ECS_PROCESS_JSON_READ_H
#define ECS_PROCESS_JSON_READ_H

#include <jansson.h>
#include <string.h>

#include "base/slice.h"
#include "base/status.h"

/* `flags` are those of json_loadb. OK: `*root` is owned by the caller. Otherwise it is NULL.
 * MALFORMED: the text is no such JSON; `error`, which may be NULL, says why and where. UNAVAILABLE:
 * memory ran out, and nothing is known of the text. */
MUST_CHECK enum status json_read(struct slice text, size_t flags, json_t **root,
                                 json_error_t *error);

/* Whether a value, which may be NULL, is this text. */
static inline bool json_read_is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

#endif
