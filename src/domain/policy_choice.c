/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/policy_choice.h"

#include <string.h>

static bool is_calibrated(const char *model)
{
    const char *at = strrchr(model, '@');
    return at != NULL && strlen(at + 1) == HASH_TEXT_SIZE - 1 &&
           strspn(at + 1, "0123456789abcdef") == HASH_TEXT_SIZE - 1;
}

const struct policy *policy_choice_policy(const struct policy_choice *choice, const char *model)
{
    return choice->by_model && is_calibrated(model) ? &choice->calibrated : &choice->policy;
}
