/* SPDX-License-Identifier: Apache-2.0
 *
 * risk + policy → approval, limit, rate, credit type. Pure integer arithmetic: the same risk and
 * the same policy give the same offer, to the cent, on every machine. Beside that: what is wrong
 * with a policy, and which of two policies fits the model that answered.
 */
#ifndef ECS_DOMAIN_POLICY_H
#define ECS_DOMAIN_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "domain/scoring.h"
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
    const char *credit_type; /* the band's; NULL if denied */
    int64_t limit_cents;     /* this and the next two: 0 if denied */
    int32_t rate_bp;
    int64_t offer_life_us;
};

/* `risk` in millionths, 0 to 1,000,000. The texts belong to the policy. */
struct terms policy_apply(const struct policy *policy, int32_t risk);

/* The place of the band that a risk lies in; 0 to 1,000,000. */
size_t policy_band_at(const struct policy *policy, int32_t risk);

/* The greatest risk that is approved; -1: none is. */
int32_t policy_approve_to(const struct policy *policy);

/* What this band of the policy makes of a risk, whether or not the risk lies in it. */
struct terms policy_band_terms(const struct policy *policy, const struct policy_band *band,
                               int32_t risk);

#define POLICY_SEED "seed"
#define POLICY_CALIBRATED "calibrated"

/* A policy fits what a model's scores mean: where nobody chose one, a calibrated probability of
 * default is decided by `calibrated`, and any other score, such as a random or a fixed one, by
 * `seed`, whose thresholds were made for those. */
struct policy_choice {
    bool by_model;            /* false: `policy` decides, whatever the model */
    struct policy policy;     /* chosen; by model, the one for scores that are not calibrated */
    struct policy calibrated; /* meaningful if by_model */
};

/* `model` as a score names it; empty if none has answered yet. A calibrated one is what `ecs train`
 * made, in this process or behind a service: it is named NAME@HASH. The policy is the choice's. */
const struct policy *policy_choice_policy(const struct policy_choice *choice, const char *model);

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

/* Tells what is wrong with a policy although each of its values is in range: risks that no band
 * covers, bands that none reaches, terms that favour more risk, offers of nothing, rates above the
 * cap. `policy` has 1 to POLICY_BANDS_MAX bands whose values are each in range (risks from 0 to
 * 1,000,000; amounts and rates not negative); anything else about it may be wrong. Findings are
 * in the order of the bands. policy_apply() may be called if none of them is an error. */
void policy_check(const struct policy *policy, struct policy_findings *findings);

#endif
