/* SPDX-License-Identifier: Apache-2.0
 *
 * The name of a policy or the path of a file → its text → struct policy. The policies in the source
 * tree's policy/ are part of the program, each by the name of its file: "seed" is policy/seed.json.
 * Amounts are in currency units, rates in percent, risks from 0 to 1; docs/policy.md explains each
 * member, policy/policy.schema.json says the same to editors.
 */
#ifndef ECS_WIRE_POLICY_JSON_H
#define ECS_WIRE_POLICY_JSON_H

#include "base/buf.h"
#include "base/slice.h"
#include "base/status.h"
#include "domain/policy.h"

/* The text of the policy that is part of the program by this name; its data are NULL if none is. */
struct slice policy_built_in(const char *name);

/* Appends the policy of that name or, if there is none, the file's bytes to `text`, which must be
 * initialised. If that fails, `report` gets a line that says why. UNAVAILABLE: it cannot be read.
 * TOO_LARGE: it does not fit the maximum of `text`. */
MUST_CHECK enum status policy_text_read(const char *name_or_path, struct buf *text,
                                        struct buf *report);

/* Reads and checks a policy. All that is wrong with it is appended to `report`, one line each:
 *
 *   policy/mine.json:12:7: error: bands.1.risk_to: the band is unreachable: …
 *
 * `name` is what the lines begin with. OK: the policy can be used; `report` may hold warnings.
 * INVALID: at least one error; `policy` is not to be used. Bands are checked against each other
 * (policy_check()) as soon as each can be read by itself. */
MUST_CHECK enum status policy_parse(struct slice text, const char *name, struct policy *policy,
                                    struct buf *report);

#endif
