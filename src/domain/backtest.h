/* SPDX-License-Identifier: Apache-2.0
 *
 * recorded decisions + a candidate policy → what that policy would have made of them. Sums only
 * grow by one decision at a time, so that two halves of a log can be counted apart and merged; all
 * of them are exact integers, and the order of the decisions does not matter.
 */
#ifndef ECS_DOMAIN_BACKTEST_H
#define ECS_DOMAIN_BACKTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/uuid.h"
#include "domain/policy.h"
#include "limits.h"

/* What was recorded of a decision, as far as a policy had to do with it. */
struct verdict {
    struct uuid user_id;
    struct uuid decision_id;
    int64_t decided_at_us;
    bool approved;
    bool logged;       /* false: from before both risks were recorded */
    bool stands;       /* no later decision of the person has replaced it */
    struct hash entry; /* in the person's chain */
    int32_t risk;      /* millionths: that decided; so are the next two */
    int32_t risk_full;
    int32_t risk_financial;
    bool emotions_known;
    int64_t limit_cents; /* of the offer; 0 if denied, and so is the rate */
    int32_t rate_bp;
    const char *credit_type; /* NULL if denied; must live until the verdict is added */
};

enum {
    BACKTEST_EXAMPLES_MAX = 5, /* of a swap set */
    BACKTEST_BINS = 50,        /* of the risk that decides, each above the end of the one before */
    BACKTEST_TENTHS = 10,
    BACKTEST_GROUPS = 5, /* of people, as whoever counts them parts them */
    BACKTEST_BIN_RISK = MILLIONTHS / BACKTEST_BINS
};

/* The first two are of all decisions. What could be lent and lost is of those that stand: an offer
 * ends with the person's next decision, so that nobody has two. */
struct backtest_sum {
    int64_t count;
    int64_t approved;
    int64_t standing; /* approved, and the person's last decision */
    int64_t limit_cents;
    __int128 limit_risk; /* Σ limit × expected risk: cents × millionths */
    __int128 limit_rate; /* Σ limit × rate: cents × basis points */
};

/* The same decisions, as they were made and as the candidate makes them. */
struct backtest_pair {
    struct backtest_sum recorded;
    struct backtest_sum candidate;
};

/* Decisions that come out differently. One that was approved and stays so may be in several of
 * the last four. */
enum backtest_swap {
    SWAP_DENIED_APPROVED,
    SWAP_APPROVED_DENIED,
    SWAP_LIMIT_GREATER,
    SWAP_LIMIT_LESSER,
    SWAP_RATE,
    SWAP_CREDIT_TYPE,
    SWAP_COUNT
};

struct backtest_terms {
    bool approved;
    int32_t risk; /* that decides */
    int64_t limit_cents;
    int32_t rate_bp;
};

struct backtest_example {
    struct uuid decision_id;
    int64_t decided_at_us;
    struct backtest_terms recorded;
    struct backtest_terms candidate;
    int64_t weight; /* how far they differ, in the unit of the swap set */
};

struct backtest_set {
    struct backtest_pair sums;
    size_t example_count;
    struct backtest_example examples[BACKTEST_EXAMPLES_MAX]; /* that differ most, most first */
};

struct backtest {
    const struct policy *candidate;
    int64_t unlogged; /* decisions left out, for both of their risks are not known */
    int64_t first_us; /* when the first and the last were decided; meaningful if there are any */
    int64_t last_us;
    struct backtest_pair total;
    struct backtest_pair bands[POLICY_BANDS_MAX]; /* of the candidate */
    struct backtest_pair bins[BACKTEST_BINS];     /* of the candidate's risk */
    struct backtest_pair groups[BACKTEST_GROUPS];
    struct backtest_set swaps[SWAP_COUNT];
};

/* `candidate` must outlive the backtest. */
void backtest_init(struct backtest *backtest, const struct policy *candidate);
/* `group`: of the person, 0 to BACKTEST_GROUPS - 1. */
void backtest_add(struct backtest *backtest, const struct verdict *verdict, int group);
/* Adds what another one, of the same candidate and of other decisions, has counted. */
void backtest_merge(struct backtest *backtest, const struct backtest *other);

const char *backtest_swap_name(enum backtest_swap swap);

/* Decisions whose candidate's risk is in this tenth: 0 is up to 0.1, 1 above that up to 0.2, … */
struct backtest_pair backtest_tenth(const struct backtest *backtest, int tenth);
/* Σ limit × expected risk, in cents, rounded half up; so are the next three. */
int64_t backtest_loss_cents(const struct backtest_sum *sum);
/* Σ limit × rate: what a year brings. */
int64_t backtest_interest_cents(const struct backtest_sum *sum);
/* Mean rate, weighted by limit; 0 without exposure. */
int64_t backtest_rate_bp(const struct backtest_sum *sum);
/* Approved of all, in basis points; 0 of none. */
int64_t backtest_approved_bp(const struct backtest_sum *sum);

#endif
