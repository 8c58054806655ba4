/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/policy.h"

#include <assert.h>

/* amount × millionths / 1,000,000, rounded half up. Amounts up to 9.2e12 fit. */
static int64_t scale(int64_t amount, int32_t millionths)
{
    return (amount * millionths + MILLIONTHS / 2) / MILLIONTHS;
}

struct terms policy_band_terms(const struct policy *policy, const struct policy_band *band,
                               int32_t risk)
{
    if (!band->approve)
        return (struct terms){.reason = band->reason};
    int64_t limit_cents = scale(band->limit_full_cents, MILLIONTHS - risk);
    if (limit_cents < band->limit_floor_cents)
        limit_cents = band->limit_floor_cents;
    if (policy->exposure_cap_cents > 0 && limit_cents > policy->exposure_cap_cents)
        limit_cents = policy->exposure_cap_cents;
    return (struct terms){
        .approved = true,
        .credit_type = band->credit_type,
        .limit_cents = limit_cents,
        .rate_bp = band->rate_base_bp + (int32_t)scale(band->rate_slope_bp, risk),
        .offer_life_us = policy->offer_life_us,
    };
}

struct terms policy_apply(const struct policy *policy, int32_t risk)
{
    assert(risk >= 0 && risk <= MILLIONTHS);
    const struct policy_band *band = policy->bands;
    while (risk > band->risk_to)
        band++; /* the last band ends at 1,000,000 */
    return policy_band_terms(policy, band, risk);
}

int32_t policy_approve_to(const struct policy *policy)
{
    int32_t greatest = -1;
    for (size_t i = 0; i < policy->band_count; i++) {
        if (policy->bands[i].approve)
            greatest = policy->bands[i].risk_to;
    }
    return greatest;
}
