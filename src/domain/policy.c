/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/policy.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* amount × millionths / 1,000,000, rounded half up. Amounts up to 9.2e12 fit. */
static int64_t scale(int64_t amount, int32_t millionths)
{
    return (amount * millionths + MILLIONTHS / 2) / MILLIONTHS;
}

struct terms policy_band_terms(const struct policy *policy, const struct policy_band *band,
                               int32_t risk)
{
    assert(risk >= 0 && risk <= MILLIONTHS);
    if (!band->approve)
        return (struct terms){.reason = band->reason};
    int64_t limit_cents = scale(band->limit_full_cents, MILLIONTHS - risk);
    if (limit_cents < band->limit_floor_cents)
        limit_cents = band->limit_floor_cents;
    if (policy->exposure_cap_cents > 0 && limit_cents > policy->exposure_cap_cents)
        limit_cents = policy->exposure_cap_cents;
    assert(limit_cents >= 0);
    return (struct terms){
        .approved = true,
        .credit_type = band->credit_type,
        .limit_cents = limit_cents,
        .rate_bp = band->rate_base_bp + (int32_t)scale(band->rate_slope_bp, risk),
        .offer_life_us = policy->offer_life_us,
    };
}

size_t policy_band_at(const struct policy *policy, int32_t risk)
{
    size_t band = 0;
    assert(risk >= 0 && risk <= MILLIONTHS);
    while (risk > policy->bands[band].risk_to)
        band++; /* the last band ends at 1,000,000 */
    assert(band < policy->band_count);
    return band;
}

struct terms policy_apply(const struct policy *policy, int32_t risk)
{
    return policy_band_terms(policy, &policy->bands[policy_band_at(policy, risk)], risk);
}

int32_t policy_approve_to(const struct policy *policy)
{
    int32_t greatest = -1;
    assert(policy->band_count > 0 && policy->band_count <= POLICY_BANDS_MAX);
    for (size_t i = 0; i < policy->band_count; i++)
        if (policy->bands[i].approve)
            greatest = policy->bands[i].risk_to;
    return greatest;
}

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

/* What policy_check() looks at: only the ends of a band. In between, a limit is the greater of a
 * line and a floor, cut at the exposure cap, and a rate is a line; `full` and `slope` are not
 * negative. So within a band a limit never rises and a rate never falls with risk, and rounding,
 * which keeps order, changes nothing about that: the least limit and the highest rate of a band are
 * at its last risk, wherever the kink between line and floor lies. Only the border of two bands can
 * break the order, and the two risks on either side of it show whether it does. */

/* "0.6", "1", "0.600001": millionths without the zeros at the end. */
struct risk_text {
    char text[12];
};

static struct risk_text risk_of(int32_t risk)
{
    struct risk_text out;
    int size = snprintf(out.text, sizeof out.text, "%d.%06d", risk / MILLIONTHS, risk % MILLIONTHS);
    while (out.text[size - 1] == '0')
        out.text[--size] = '\0';
    if (out.text[size - 1] == '.')
        out.text[size - 1] = '\0';
    return out;
}

/* "4000.00": cents in units of currency, basis points in percent. */
struct hundredths_text {
    char text[24];
};

static struct hundredths_text hundredths_of(int64_t value)
{
    struct hundredths_text out;
    snprintf(out.text, sizeof out.text, "%" PRId64 ".%02" PRId64, value / 100, value % 100);
    return out;
}

__attribute__((format(printf, 5, 6))) static void add(struct policy_findings *findings,
                                                      enum policy_severity severity, size_t band,
                                                      const char *member, const char *format, ...)
{
    assert(findings->count < POLICY_FINDINGS_MAX);
    struct policy_finding *finding = &findings->items[findings->count++];
    finding->severity = severity;
    snprintf(finding->path, sizeof finding->path, "bands.%zu.%s", band, member);
    va_list values;
    va_start(values, format);
    vsnprintf(finding->sentence, sizeof finding->sentence, format, values);
    va_end(values);
}

/* Bands count from the end of the one before, so a band that does not end above all before it
 * covers no risk at all. */
static void check_reach(const struct policy *policy, size_t band, int32_t covered_to,
                        struct policy_findings *findings)
{
    int32_t risk_to = policy->bands[band].risk_to;
    assert(risk_to <= covered_to);
    if (risk_to == covered_to)
        add(findings, POLICY_ERROR, band, "risk_to",
            "the band is unreachable: the bands before it end at %s already",
            risk_of(covered_to).text);
    else
        add(findings, POLICY_ERROR, band, "risk_to",
            "the band overlaps those before it and is unreachable: it ends at %s, and they end at "
            "%s",
            risk_of(risk_to).text, risk_of(covered_to).text);
}

/* What one approving band may not offer; all of it shows at the band's last risk. */
static void check_offer(const struct policy *policy, size_t band, struct policy_findings *findings)
{
    int32_t risk = policy->bands[band].risk_to;
    struct terms terms = policy_band_terms(policy, &policy->bands[band], risk);
    if (terms.limit_cents <= 0)
        add(findings, POLICY_ERROR, band, "limit.floor",
            "an approval offers a limit of 0.00 at risk %s; the least is 0.01", risk_of(risk).text);
    if (policy->rate_cap_bp > 0 && terms.rate_bp > policy->rate_cap_bp)
        add(findings, POLICY_ERROR, band, "rate_percent",
            "the rate reaches %s percent at risk %s, above rate_cap_percent %s",
            hundredths_of(terms.rate_bp).text, risk_of(risk).text,
            hundredths_of(policy->rate_cap_bp).text);
}

/* Two approving bands that meet at a border: `lower` ends there and `band` begins. */
static void check_border(const struct policy *policy, size_t lower, size_t band,
                         struct policy_findings *findings)
{
    int32_t below = policy->bands[lower].risk_to;
    assert(lower < band && below < policy->bands[band].risk_to);
    struct terms less = policy_band_terms(policy, &policy->bands[lower], below);
    struct terms more = policy_band_terms(policy, &policy->bands[band], below + 1);
    if (less.limit_cents < more.limit_cents)
        add(findings, POLICY_ERROR, band, "limit",
            "the limit falls as risk falls: %s at risk %s, but %s at risk %s (bands.%zu)",
            hundredths_of(more.limit_cents).text, risk_of(below + 1).text,
            hundredths_of(less.limit_cents).text, risk_of(below).text, lower);
    if (less.rate_bp > more.rate_bp)
        add(findings, POLICY_WARNING, band, "rate_percent",
            "the rate falls as risk rises: %s percent at risk %s (bands.%zu), but %s percent at "
            "risk %s",
            hundredths_of(less.rate_bp).text, risk_of(below).text, lower,
            hundredths_of(more.rate_bp).text, risk_of(below + 1).text);
}

void policy_check(const struct policy *policy, struct policy_findings *findings)
{
    findings->count = 0;
    int32_t covered_to = -1; /* the end of `before` */
    size_t before = 0;       /* the last band that some risk reaches */
    size_t denied = POLICY_BANDS_MAX;
    for (size_t i = 0; i < policy->band_count; i++) {
        const struct policy_band *band = &policy->bands[i];
        if (band->risk_to <= covered_to) {
            check_reach(policy, i, covered_to, findings);
            continue;
        }
        if (band->approve) {
            check_offer(policy, i, findings);
            if (denied < i)
                add(findings, POLICY_ERROR, i, "decision",
                    "a higher risk is approved than is denied: bands.%zu denies risks up to %s",
                    denied, risk_of(policy->bands[denied].risk_to).text);
            else if (covered_to >= 0)
                check_border(policy, before, i, findings);
        } else {
            denied = i;
        }
        covered_to = band->risk_to;
        before = i;
    }
    if (covered_to < MILLIONTHS)
        add(findings, POLICY_ERROR, policy->band_count - 1, "risk_to",
            "risks from %s to 1 belong to no band: the last one must end at 1",
            risk_of(covered_to + 1).text);
}
