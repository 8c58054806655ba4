/* SPDX-License-Identifier: Apache-2.0
 *
 * the model that answered → the policy that decides. A policy fits what a model's scores mean:
 * where nobody chose one, a calibrated probability of default is decided by `calibrated`, and any
 * other score, such as a random or a fixed one, by `seed`, whose thresholds were made for those.
 */
#ifndef ECS_DOMAIN_POLICY_CHOICE_H
#define ECS_DOMAIN_POLICY_CHOICE_H

#include <stdbool.h>

#include "domain/policy.h"

#define POLICY_SEED "seed"
#define POLICY_CALIBRATED "calibrated"

struct policy_choice {
    bool by_model;            /* false: `policy` decides, whatever the model */
    struct policy policy;     /* chosen; by model, the one for scores that are not calibrated */
    struct policy calibrated; /* meaningful if by_model */
};

/* `model` as a score names it; empty if none has answered yet. A calibrated one is what `ecs train`
 * made, in this process or behind a service: it is named NAME@HASH. The policy is the choice's. */
const struct policy *policy_choice_policy(const struct policy_choice *choice, const char *model);

#endif
