/* SPDX-License-Identifier: Apache-2.0
 *
 * Where something stands in a JSON text, for people who read it in an editor. jansson tells places
 * of syntax errors only; this finds those of values.
 */
#ifndef ECS_WIRE_JSON_PLACE_H
#define ECS_WIRE_JSON_PLACE_H

#include <stddef.h>

#include "base/slice.h"

struct json_place {
    int line;   /* from 1 */
    int column; /* in characters (not bytes) from 1 */
};

/* The place of the byte at `offset`, which is at most the text's size. */
struct json_place json_place_at(struct slice text, size_t offset);

/* The place of what a path names: "bands.1.limit.full". A member's place is where its name begins,
 * an element's where its value begins. Of a path that leads nowhere it is that of the deepest
 * part that is there: of a missing member, the object that lacks it. Escapes in names are
 * understood; names with dots in them too. `text` must be valid JSON. */
struct json_place json_place_of(struct slice text, const char *path);

#endif
