/* SPDX-License-Identifier: Apache-2.0
 *
 * A policy file (policy/default.json) → struct policy. Amounts are in currency units, rates in
 * percent, risks from 0 to 1. Bands follow each other upward and the last ends at 1.
 */
#ifndef ECS_WIRE_POLICY_JSON_H
#define ECS_WIRE_POLICY_JSON_H

#include "base/slice.h"
#include "base/status.h"
#include "domain/policy.h"

/* INVALID: `reason` names the field and the limit, or the place where it is not JSON. */
MUST_CHECK enum status policy_parse(struct slice text, struct policy *policy,
                                    char reason[REASON_MAX + 1]);

#endif
