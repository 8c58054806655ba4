/* SPDX-License-Identifier: Apache-2.0
 *
 * A policy file (policy/seed.json) → struct policy. Amounts are in currency units, rates in
 * percent, risks from 0 to 1; docs/policy.md explains each member, policy/policy.schema.json says
 * the same to editors.
 */
#ifndef ECS_WIRE_POLICY_JSON_H
#define ECS_WIRE_POLICY_JSON_H

#include "base/buf.h"
#include "base/slice.h"
#include "base/status.h"
#include "domain/policy.h"

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
