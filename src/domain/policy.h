/* SPDX-License-Identifier: Apache-2.0
 *
 * risk + policy → approval, limit, rate, credit type. Pure integer arithmetic: the same risk and
 * the same policy give the same offer, to the cent, on every machine.
 */
#ifndef ECS_DOMAIN_POLICY_H
#define ECS_DOMAIN_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "domain/guard.h"
#include "limits.h"

enum { POLICY_BANDS_MAX = 16, POLICY_NAME_MAX = 48, DENIAL_TEXT_MAX = 80 };

/* What happens to a risk of at most `risk_to` and above the band before it. */
struct policy_band {
    int32_t risk_to; /* millionths; the last band's is 1,000,000 */
    bool approve;
    char reason[DENIAL_TEXT_MAX + 1]; /* of a denial; empty if approved */
    char credit_type[CREDIT_TYPE_MAX + 1];
    int64_t limit_full_cents; /* limit = max(floor, full × (1 − risk)) */
    int64_t limit_floor_cents;
    int32_t rate_base_bp; /* rate = base + slope × risk, rounded half up to a basis point */
    int32_t rate_slope_bp;
};

struct policy {
    char name[POLICY_NAME_MAX + 1];
    struct hash hash;                   /* of the file's bytes */
    char currency[CURRENCY_LENGTH + 1]; /* of its amounts; empty: the deployment's */
    int64_t offer_life_us;
    enum emotion_guard emotion_guard;
    int64_t exposure_cap_cents; /* no offer's limit is above it; 0: no cap */
    int64_t cooling_off_us;     /* how long a denial stands, whatever comes in; 0: not at all */
    int32_t rate_cap_bp;        /* the legal cap, which policy_check() holds rates to; 0: none */
    size_t band_count;          /* 1 to POLICY_BANDS_MAX, risk_to strictly ascending */
    struct policy_band bands[POLICY_BANDS_MAX];
};

struct terms {
    bool approved;
    const char *reason;      /* the band's; NULL if approved */
    const char *credit_type; /* the band's; NULL if denied; so are the next three 0 */
    int64_t limit_cents;
    int32_t rate_bp;
    int64_t offer_life_us;
};

/* `risk` in millionths, 0 to 1,000,000. The texts belong to the policy. */
struct terms policy_apply(const struct policy *policy, int32_t risk);

/* The greatest risk that is approved; -1: none is. */
int32_t policy_approve_to(const struct policy *policy);

/* What this band of the policy makes of a risk, whether or not the risk lies in it. */
struct terms policy_band_terms(const struct policy *policy, const struct policy_band *band,
                               int32_t risk);

#endif
