/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/decision.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct hash decision_inputs(const struct features *features, const char *model,
                            const struct hash *policy)
{
    uint8_t values[FEATURE_COUNT * HASH_NUMBER_SIZE];
    for (int i = 0; i < FEATURE_COUNT; i++)
        hash_number(values + i * HASH_NUMBER_SIZE, (uint64_t)features->values[i]);
    uint8_t schema[HASH_NUMBER_SIZE];
    hash_number(schema, FEATURES_SCHEMA);
    return hash_of((const struct slice[]){{(const char *)schema, sizeof schema},
                                          {(const char *)values, sizeof values},
                                          slice_of(model),
                                          {(const char *)policy->bytes, sizeof policy->bytes}},
                   4);
}

struct question decision_question(const struct features *features, const struct policy *policy)
{
    return (struct question){
        .features = *features,
        .guard = policy->emotion_guard,
        .emotions_known = features_emotions_known(features),
        .approve_to = policy_approve_to(policy),
        .explain = true,
    };
}

void decision_make(struct decision *decision, const struct policy *policy,
                   const struct score *score, const struct uuid *offer_id)
{
    struct terms terms = policy_apply(policy, score->risk);
    assert(terms.approved ? terms.credit_type != NULL : terms.reason != NULL);
    decision->risk = score->risk;
    decision->risk_full = score->risk_full;
    decision->risk_financial = score->risk_financial;
    decision->basis = score->basis;
    decision->emotions_known = features_emotions_known(&decision->features);
    decision->nearest = score->nearest;
    memcpy(decision->model, score->model, sizeof decision->model);
    decision->approved = terms.approved;
    decision->reasons = reasons_pick(score->weights, terms.approved, policy->emotion_guard);
    decision->policy = policy->hash;
    decision->cooling_off_us = policy->cooling_off_us;
    decision->inputs = decision_inputs(&decision->features, decision->model, &decision->policy);
    decision->has_offer = terms.approved;
    snprintf(decision->reason, sizeof decision->reason, "%s", terms.approved ? "" : terms.reason);
    if (!terms.approved)
        return;
    assert(terms.limit_cents >= 0 && terms.rate_bp >= 0 && terms.offer_life_us >= 0);
    decision->offer = (struct offer){
        .id = *offer_id,
        .user_id = decision->user_id,
        .decision_id = decision->id,
        .status = OFFER_offered,
        .limit_cents = terms.limit_cents,
        .rate_bp = terms.rate_bp,
        .created_at_us = decision->decided_at_us,
        .expires_at_us = decision->decided_at_us + terms.offer_life_us,
    };
    snprintf(decision->offer.credit_type, sizeof decision->offer.credit_type, "%s",
             terms.credit_type);
}

static bool same_reasons(const struct reasons *one, const struct reasons *other)
{
    return one->count == other->count &&
           memcmp(one->list, other->list, one->count * sizeof one->list[0]) == 0;
}

static bool same_terms(const struct offer *one, const struct offer *other)
{
    return one->limit_cents == other->limit_cents && one->rate_bp == other->rate_bp &&
           one->expires_at_us == other->expires_at_us &&
           strcmp(one->credit_type, other->credit_type) == 0;
}

const char *decision_difference(const struct decision *recorded, const struct decision *again)
{
    if (recorded->risk_full != again->risk_full)
        return "the risk of all features differs";
    if (recorded->risk_financial != again->risk_financial)
        return "the financial risk differs";
    if (recorded->risk != again->risk || recorded->basis != again->basis)
        return "the risk that decides differs";
    if (recorded->approved != again->approved)
        return "the result differs";
    if (strcmp(recorded->reason, again->reason) != 0 ||
        !same_reasons(&recorded->reasons, &again->reasons))
        return "the reasons differ";
    if (recorded->nearest.lever != again->nearest.lever ||
        recorded->nearest.percent != again->nearest.percent ||
        recorded->nearest.risk != again->nearest.risk)
        return "the nearest approval differs";
    if (recorded->has_offer && !same_terms(&recorded->offer, &again->offer))
        return "the terms differ";
    return hash_compare(&recorded->inputs, &again->inputs) == 0 ? NULL : "the inputs differ";
}

bool decision_still_stands(const struct decision *last, const struct hash *inputs,
                           int64_t cooling_off_us, int64_t now_us)
{
    assert(cooling_off_us >= 0);
    if (!last->approved && now_us < last->decided_at_us + cooling_off_us)
        return true;
    return hash_compare(&last->inputs, inputs) == 0 &&
           (!last->has_offer || offer_is_open(&last->offer, now_us));
}

/* Puts `reason` where it belongs by strength; the weakest of more than REASONS_MAX falls out. */
static void insert(struct reasons *reasons, struct reason reason, bool approved)
{
    int64_t sign = approved ? -1 : 1;
    size_t place = reasons->count;
    while (place > 0 && sign * reasons->list[place - 1].weight < sign * reason.weight)
        place--;
    if (place == REASONS_MAX)
        return;
    if (reasons->count < REASONS_MAX)
        reasons->count++;
    for (size_t i = reasons->count - 1; i > place; i--)
        reasons->list[i] = reasons->list[i - 1];
    reasons->list[place] = reason;
    assert(reasons->count <= REASONS_MAX && place < reasons->count);
}

static bool is_reason(const int32_t weights[], int feature, bool approved)
{
    return approved ? weights[feature] < 0 : weights[feature] > 0;
}

/* True if another feature of its family says the same more strongly. */
static bool is_outweighed(const int32_t weights[], int feature, bool approved)
{
    int64_t sign = approved ? -1 : 1;
    for (int i = 0; i < FEATURE_COUNT; i++) {
        int64_t more = sign * weights[i] - sign * weights[feature];
        if (feature_definitions[i].family == feature_definitions[feature].family &&
            (more > 0 || (more == 0 && i < feature)))
            return true;
    }
    return false;
}

struct reasons reasons_pick(const int32_t weights[FEATURE_COUNT], bool approved,
                            enum emotion_guard guard)
{
    struct reasons reasons = {0};
    bool emotions_count = approved || guard != GUARD_MAY_ONLY_HELP;
    for (int i = 0; i < FEATURE_COUNT; i++)
        if (is_reason(weights, i, approved) && !is_outweighed(weights, i, approved) &&
            (emotions_count || feature_definitions[i].group == GROUP_FINANCIAL))
            insert(&reasons, (struct reason){(enum feature)i, weights[i]}, approved);
    return reasons;
}

struct reasons reasons_pick_formerly(const int32_t weights[FEATURE_COUNT], bool approved)
{
    struct reasons reasons = {0};
    for (int i = 0; i < FEATURE_COUNT; i++)
        if (is_reason(weights, i, approved))
            insert(&reasons, (struct reason){(enum feature)i, weights[i]}, approved);
    return reasons;
}

struct shadow_decision shadow_decision_make(const struct decision *decision, const char *challenger,
                                            const struct policy *policy, const struct score *score)
{
    struct shadow_decision shadow = {
        .user_id = decision->user_id,
        .decision_id = decision->id,
        .terms = policy_apply(policy, score->risk),
        .risk = score->risk,
        .policy = policy->hash,
    };
    snprintf(shadow.challenger, sizeof shadow.challenger, "%s", challenger);
    memcpy(shadow.model, score->model, sizeof shadow.model);
    return shadow;
}

struct score shadow_decision_score(const struct decision *decision, const struct policy *policy)
{
    struct question question = decision_question(&decision->features, policy);
    struct score score = {.risk_full = decision->risk_full,
                          .risk_financial = decision->risk_financial};
    scoring_decide(&question, &score);
    memcpy(score.model, decision->model, sizeof score.model);
    return score;
}

bool shadow_decision_agrees(const struct shadow_decision *shadow, const struct decision *decision)
{
    const struct terms *terms = &shadow->terms;
    const struct offer *offer = &decision->offer;
    if (terms->approved != decision->approved)
        return false;
    return !terms->approved ||
           (terms->limit_cents == offer->limit_cents && terms->rate_bp == offer->rate_bp &&
            strcmp(terms->credit_type, offer->credit_type) == 0);
}
