/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wrong with a policy although each of its values is in range: risks that no band covers,
 * bands that none reaches, terms that favour more risk, offers of nothing, rates above the cap.
 */
#ifndef ECS_DOMAIN_POLICY_CHECK_H
#define ECS_DOMAIN_POLICY_CHECK_H

#include <stddef.h>

#include "domain/policy.h"

/* A policy with an error is not used; one with warnings is. */
enum policy_severity { POLICY_WARNING, POLICY_ERROR };

/* A band has at most four findings, and the last one a gap beside them. */
enum {
    POLICY_FINDINGS_MAX = 4 * POLICY_BANDS_MAX + 1,
    POLICY_PATH_MAX = 40,
    POLICY_SENTENCE_MAX = 200
};

struct policy_finding {
    enum policy_severity severity;
    char path[POLICY_PATH_MAX + 1]; /* in the policy file: "bands.1.limit" */
    char sentence[POLICY_SENTENCE_MAX + 1];
};

struct policy_findings {
    size_t count;
    struct policy_finding items[POLICY_FINDINGS_MAX];
};

/* `policy` has 1 to POLICY_BANDS_MAX bands whose values are each in range (risks from 0 to
 * 1,000,000; amounts and rates not negative); anything else about it may be wrong. Findings are
 * in the order of the bands. policy_apply() may be called if none of them is an error. */
void policy_check(const struct policy *policy, struct policy_findings *findings);

#endif
