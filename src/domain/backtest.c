/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/backtest.h"

#include <assert.h>
#include <string.h>

static const char *const swap_names[SWAP_COUNT] = {
    "denied, now approved", "approved, now denied", "greater limit",
    "lesser limit",         "other rate",           "other credit type",
};

void backtest_init(struct backtest *backtest, const struct policy *candidate)
{
    assert(candidate->band_count > 0 && candidate->band_count <= POLICY_BANDS_MAX);
    memset(backtest, 0, sizeof *backtest);
    backtest->candidate = candidate;
    backtest->first_us = INT64_MAX;
    backtest->last_us = INT64_MIN;
}

/* The sums of one decision. */
static struct backtest_sum sum_of(const struct backtest_terms *terms, const struct verdict *verdict)
{
    int32_t risk =
        scoring_expected_risk(verdict->emotions_known, verdict->risk_full, verdict->risk_financial);
    int64_t limit_cents = verdict->stands ? terms->limit_cents : 0;
    return (struct backtest_sum){
        .count = 1,
        .approved = terms->approved,
        .standing = verdict->stands && terms->approved,
        .limit_cents = limit_cents,
        .limit_risk = (__int128)limit_cents * risk,
        .limit_rate = (__int128)limit_cents * terms->rate_bp,
    };
}

static void sum_merge(struct backtest_sum *sum, const struct backtest_sum *other)
{
    sum->count += other->count;
    sum->approved += other->approved;
    sum->standing += other->standing;
    sum->limit_cents += other->limit_cents;
    sum->limit_risk += other->limit_risk;
    sum->limit_rate += other->limit_rate;
}

static void pair_merge(struct backtest_pair *pair, const struct backtest_pair *other)
{
    sum_merge(&pair->recorded, &other->recorded);
    sum_merge(&pair->candidate, &other->candidate);
}

/* The greater difference first; of equal ones the lesser id, so that the order in which decisions
 * come does not matter. */
static bool tells_more(const struct backtest_example *one, const struct backtest_example *other)
{
    if (one->weight != other->weight)
        return one->weight > other->weight;
    return uuid_compare(&one->decision_id, &other->decision_id) < 0;
}

static void example_add(struct backtest_set *set, const struct backtest_example *example)
{
    size_t at = set->example_count;
    while (at > 0 && tells_more(example, &set->examples[at - 1]))
        at--;
    if (at == BACKTEST_EXAMPLES_MAX)
        return;
    if (set->example_count < BACKTEST_EXAMPLES_MAX)
        set->example_count++;
    memmove(&set->examples[at + 1], &set->examples[at],
            (set->example_count - at - 1) * sizeof set->examples[0]);
    set->examples[at] = *example;
    assert(set->example_count <= BACKTEST_EXAMPLES_MAX && at < set->example_count);
    assert(at == 0 || !tells_more(example, &set->examples[at - 1]));
}

static void swap_add(struct backtest *backtest, enum backtest_swap swap,
                     struct backtest_example *change, const struct backtest_pair *sums,
                     int64_t weight)
{
    change->weight = weight;
    pair_merge(&backtest->swaps[swap].sums, sums);
    example_add(&backtest->swaps[swap], change);
}

/* The types are of credit: as recorded and by the candidate, NULL where it is denied. */
static void swaps_add(struct backtest *backtest, struct backtest_example *change,
                      const struct backtest_pair *sums, const char *old_type, const char *new_type)
{
    const struct backtest_terms *recorded = &change->recorded, *candidate = &change->candidate;
    if (recorded->approved != candidate->approved) {
        swap_add(backtest, candidate->approved ? SWAP_DENIED_APPROVED : SWAP_APPROVED_DENIED,
                 change, sums, recorded->limit_cents + candidate->limit_cents);
        return;
    }
    if (!recorded->approved)
        return;
    int64_t more_cents = candidate->limit_cents - recorded->limit_cents;
    int32_t more_bp = candidate->rate_bp - recorded->rate_bp;
    if (more_cents != 0)
        swap_add(backtest, more_cents > 0 ? SWAP_LIMIT_GREATER : SWAP_LIMIT_LESSER, change, sums,
                 more_cents > 0 ? more_cents : -more_cents);
    if (more_bp != 0)
        swap_add(backtest, SWAP_RATE, change, sums, more_bp > 0 ? more_bp : -more_bp);
    if (strcmp(old_type, new_type) != 0)
        swap_add(backtest, SWAP_CREDIT_TYPE, change, sums, candidate->limit_cents);
}

/* Like a band, a bin begins above the end of the one before it. */
static int bin_of(int32_t risk)
{
    return risk == 0 ? 0 : (risk - 1) / BACKTEST_BIN_RISK;
}

void backtest_add(struct backtest *backtest, const struct verdict *verdict, int group)
{
    const struct policy *policy = backtest->candidate;
    assert(group >= 0 && group < BACKTEST_GROUPS);
    if (!verdict->logged) {
        backtest->unlogged++;
        return;
    }
    enum risk_basis basis = emotion_guard_choose(policy->emotion_guard, verdict->emotions_known,
                                                 verdict->risk_full, verdict->risk_financial);
    int32_t risk = basis == BASIS_FULL ? verdict->risk_full : verdict->risk_financial;
    size_t band = policy_band_at(policy, risk);
    struct terms terms = policy_band_terms(policy, &policy->bands[band], risk);
    struct backtest_example change = {
        .decision_id = verdict->decision_id,
        .decided_at_us = verdict->decided_at_us,
        .recorded = {verdict->approved, verdict->risk, verdict->limit_cents, verdict->rate_bp},
        .candidate = {terms.approved, risk, terms.limit_cents, terms.rate_bp},
    };
    struct backtest_pair sums = {sum_of(&change.recorded, verdict),
                                 sum_of(&change.candidate, verdict)};
    pair_merge(&backtest->total, &sums);
    pair_merge(&backtest->bands[band], &sums);
    pair_merge(&backtest->bins[bin_of(risk)], &sums);
    pair_merge(&backtest->groups[group], &sums);
    swaps_add(backtest, &change, &sums, verdict->credit_type, terms.credit_type);
    assert(backtest->total.recorded.count == backtest->total.candidate.count);
    if (verdict->decided_at_us < backtest->first_us)
        backtest->first_us = verdict->decided_at_us;
    if (verdict->decided_at_us > backtest->last_us)
        backtest->last_us = verdict->decided_at_us;
}

static void pairs_merge(struct backtest_pair pairs[], const struct backtest_pair others[],
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        pair_merge(&pairs[i], &others[i]);
}

void backtest_merge(struct backtest *backtest, const struct backtest *other)
{
    assert(backtest->candidate == other->candidate);
    backtest->unlogged += other->unlogged;
    if (other->first_us < backtest->first_us)
        backtest->first_us = other->first_us;
    if (other->last_us > backtest->last_us)
        backtest->last_us = other->last_us;
    pair_merge(&backtest->total, &other->total);
    pairs_merge(backtest->bands, other->bands, POLICY_BANDS_MAX);
    pairs_merge(backtest->bins, other->bins, BACKTEST_BINS);
    pairs_merge(backtest->groups, other->groups, BACKTEST_GROUPS);
    for (size_t i = 0; i < SWAP_COUNT; i++) {
        const struct backtest_set *set = &other->swaps[i];
        pair_merge(&backtest->swaps[i].sums, &set->sums);
        for (size_t k = 0; k < set->example_count; k++)
            example_add(&backtest->swaps[i], &set->examples[k]);
    }
}

const char *backtest_swap_name(enum backtest_swap swap)
{
    assert(swap < SWAP_COUNT);
    return swap_names[swap];
}

struct backtest_pair backtest_tenth(const struct backtest *backtest, int tenth)
{
    enum { BINS = BACKTEST_BINS / BACKTEST_TENTHS };
    struct backtest_pair pair = {0};
    assert(tenth >= 0 && tenth < BACKTEST_TENTHS);
    for (int i = 0; i < BINS; i++)
        pair_merge(&pair, &backtest->bins[tenth * BINS + i]);
    return pair;
}

int64_t backtest_loss_cents(const struct backtest_sum *sum)
{
    return (int64_t)((sum->limit_risk + MILLIONTHS / 2) / MILLIONTHS);
}

int64_t backtest_interest_cents(const struct backtest_sum *sum)
{
    return (int64_t)((sum->limit_rate + WHOLE_BP / 2) / WHOLE_BP);
}

int64_t backtest_rate_bp(const struct backtest_sum *sum)
{
    if (sum->limit_cents == 0)
        return 0;
    return (int64_t)((sum->limit_rate + sum->limit_cents / 2) / sum->limit_cents);
}

int64_t backtest_approved_bp(const struct backtest_sum *sum)
{
    assert(sum->standing <= sum->approved && sum->approved <= sum->count);
    return sum->count == 0 ? 0 : (sum->approved * WHOLE_BP + sum->count / 2) / sum->count;
}
