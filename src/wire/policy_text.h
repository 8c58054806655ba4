/* SPDX-License-Identifier: Apache-2.0
 *
 * The name of a policy or the path of a file → its text. The policies in the source tree's policy/
 * are part of the program, each by the name of its file: "seed" is policy/seed.json.
 */
#ifndef ECS_WIRE_POLICY_TEXT_H
#define ECS_WIRE_POLICY_TEXT_H

#include "base/buf.h"
#include "base/status.h"

/* The text of the policy that is part of the program by this name; its data are NULL if none is. */
struct slice policy_built_in(const char *name);

/* Appends the policy of that name or, if there is none, the file's bytes to `text`, which must be
 * initialised. If that fails, `report` gets a line that says why. UNAVAILABLE: it cannot be read.
 * TOO_LARGE: it does not fit the maximum of `text`. */
MUST_CHECK enum status policy_text_read(const char *name_or_path, struct buf *text,
                                        struct buf *report);

#endif
