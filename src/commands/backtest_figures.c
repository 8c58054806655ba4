/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/backtest.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "simulation/population.h"

enum { HUNDRED = 100 };

static const char *sign_of(int64_t number, enum figure_sign sign)
{
    return number < 0 ? "-" : sign == FIGURE_CHANGE && number > 0 ? "+" : "";
}

/* Digits in groups of three, without a sign. */
static struct figure_text grouped(uint64_t number)
{
    struct figure_text text;
    char digits[24];
    size_t size = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number), at = 0;
    for (size_t i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            text.data[at++] = ',';
        text.data[at++] = digits[i];
    }
    assert(at < sizeof text.data);
    text.data[at] = '\0';
    return text;
}

static uint64_t size_of(int64_t number)
{
    return number < 0 ? (uint64_t)-number : (uint64_t)number;
}

struct figure_text figure_count(int64_t count, enum figure_sign sign)
{
    struct figure_text text;
    snprintf(text.data, sizeof text.data, "%s%.40s", sign_of(count, sign),
             grouped(size_of(count)).data);
    return text;
}

struct figure_text figure_money(int64_t cents, enum figure_sign sign)
{
    struct figure_text text;
    uint64_t size = size_of(cents);
    snprintf(text.data, sizeof text.data, "%s%.40s.%02u", sign_of(cents, sign),
             grouped(size / CENTS).data, (unsigned)(size % CENTS));
    return text;
}

struct figure_text figure_units(int64_t cents, enum figure_sign sign)
{
    int64_t units = (cents + (cents < 0 ? -CENTS / 2 : CENTS / 2)) / CENTS;
    return figure_count(units, sign);
}

struct figure_text figure_percent(int64_t bp, enum figure_sign sign)
{
    struct figure_text text;
    uint64_t size = size_of(bp);
    snprintf(text.data, sizeof text.data, "%s%" PRIu64 ".%02u %s", sign_of(bp, sign),
             size / HUNDRED, (unsigned)(size % HUNDRED), sign == FIGURE_CHANGE ? "pp" : "%");
    return text;
}

struct figure_text figure_risk(int32_t risk)
{
    struct figure_text text;
    assert(risk >= 0 && risk <= MILLIONTHS);
    snprintf(text.data, sizeof text.data, "%d.%06d", risk / MILLIONTHS, risk % MILLIONTHS);
    return text;
}

struct figure_text figure_approved(const struct backtest_sum *sum)
{
    if (sum->count == 0)
        return (struct figure_text){"-"};
    return figure_percent(backtest_approved_bp(sum), FIGURE_PLAIN);
}

struct figure_text figure_terms(const struct backtest_terms *terms)
{
    struct figure_text text = {"denied"};
    if (terms->approved)
        snprintf(text.data, sizeof text.data, "%.26s at %.16s",
                 figure_money(terms->limit_cents, FIGURE_PLAIN).data,
                 figure_percent(terms->rate_bp, FIGURE_PLAIN).data);
    return text;
}

struct figure_pair figure_pair_of(const struct backtest_pair *pair)
{
    const struct backtest_sum *old = &pair->recorded, *new = &pair->candidate;
    return (struct figure_pair){
        .decisions = figure_count(old->count, FIGURE_PLAIN),
        .recorded = figure_units(old->limit_cents, FIGURE_PLAIN),
        .candidate = figure_units(new->limit_cents, FIGURE_PLAIN),
        .change = figure_units(new->limit_cents - old->limit_cents, FIGURE_CHANGE),
        .loss_change =
            figure_units(backtest_loss_cents(new) - backtest_loss_cents(old), FIGURE_CHANGE),
    };
}

static struct figure figure_of(const char *name, int64_t recorded, int64_t candidate,
                               struct figure_text (*text)(int64_t, enum figure_sign))
{
    return (struct figure){name, text(recorded, FIGURE_PLAIN), text(candidate, FIGURE_PLAIN),
                           text(candidate - recorded, FIGURE_CHANGE)};
}

static int64_t mean_limit(const struct backtest_sum *sum)
{
    return sum->standing == 0 ? 0 : (sum->limit_cents + sum->standing / 2) / sum->standing;
}

void figure_table(const struct backtest_pair *pair, struct figure figures[FIGURES])
{
    const struct backtest_sum *old = &pair->recorded, *new = &pair->candidate;
    figures[0] = figure_of("approved", old->approved, new->approved, figure_count);
    figures[1] = figure_of("approval rate", backtest_approved_bp(old), backtest_approved_bp(new),
                           figure_percent);
    figures[2] = figure_of("exposure", old->limit_cents, new->limit_cents, figure_money);
    figures[3] = figure_of("mean limit", mean_limit(old), mean_limit(new), figure_money);
    figures[4] = figure_of("expected loss", backtest_loss_cents(old), backtest_loss_cents(new),
                           figure_money);
    figures[5] = figure_of("price", backtest_rate_bp(old), backtest_rate_bp(new), figure_percent);
    figures[6] = figure_of("interest", backtest_interest_cents(old), backtest_interest_cents(new),
                           figure_money);
    figures[7] = figure_of("earned", backtest_interest_cents(old) - backtest_loss_cents(old),
                           backtest_interest_cents(new) - backtest_loss_cents(new), figure_money);
}

size_t segment_by_band(const struct backtest *backtest, struct segment segments[SEGMENTS_MAX])
{
    const struct policy *policy = backtest->candidate;
    assert(policy->band_count <= SEGMENTS_MAX);
    for (size_t i = 0; i < policy->band_count; i++) {
        const struct policy_band *band = &policy->bands[i];
        snprintf(segments[i].name, sizeof segments[i].name, "to %.40s",
                 figure_risk(band->risk_to).data);
        segments[i].detail = band->approve ? band->credit_type : "deny";
        segments[i].pair = backtest->bands[i];
    }
    return policy->band_count;
}

size_t segment_by_risk(const struct backtest *backtest, struct segment segments[SEGMENTS_MAX])
{
    for (int i = 0; i < BACKTEST_TENTHS; i++) {
        snprintf(segments[i].name, sizeof segments[i].name, "%s 0.%d to %d.%d",
                 i == 0 ? "from" : "over", i, (i + 1) / BACKTEST_TENTHS, (i + 1) % BACKTEST_TENTHS);
        segments[i].detail = "";
        segments[i].pair = backtest_tenth(backtest, i);
    }
    return BACKTEST_TENTHS;
}

size_t segment_by_group(const struct backtest *backtest, struct segment segments[SEGMENTS_MAX])
{
    size_t count = 0;
    for (int i = 0; i < BACKTEST_GROUPS; i++) {
        if (backtest->groups[i].recorded.count == 0)
            continue;
        snprintf(segments[count].name, sizeof segments[count].name, "%s", population_group_name(i));
        segments[count].detail = "";
        segments[count++].pair = backtest->groups[i];
    }
    return count;
}

bool figure_any_differs(const struct backtest *backtest)
{
    for (int i = 0; i < SWAP_COUNT; i++)
        if (backtest->swaps[i].sums.recorded.count > 0)
            return true;
    return false;
}
