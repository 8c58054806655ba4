/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs policy check`: all that is wrong with a policy file, before a process is started on it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/json_put.h"
#include "commands/command.h"
#include "commands/report.h"
#include "commands/toolbox.h"

/* A cap in hundredths; 0 is none. */
static void show_cap(const char *label, int64_t cap, const char *unit)
{
    if (cap == 0)
        printf("%-15s none\n", label);
    else
        printf("%-15s %" PRId64 ".%02" PRId64 "%s\n", label, cap / 100, cap % 100, unit);
}

static void show_head(const struct policy *policy)
{
    char hash[HASH_TEXT_SIZE];
    hash_format(&policy->hash, hash);
    printf("%-15s %s\n%-15s %s\n", "name", policy->name, "hash", hash);
    printf("%-15s %s\n", "emotion guard", emotion_guard_name(policy->emotion_guard));
    printf("%-15s %lld days\n", "offer life", policy->offer_life_us / DAY_US);
    if (policy->cooling_off_us == 0)
        printf("%-15s none\n", "cooling off");
    else
        printf("%-15s %lld hours\n", "cooling off", policy->cooling_off_us / HOUR_US);
    show_cap("exposure cap", policy->exposure_cap_cents, "");
    show_cap("rate cap", policy->rate_cap_bp, " %");
}

static void show_terms(const struct policy *policy, int32_t risk)
{
    struct terms terms = policy_apply(policy, risk);
    printf("%d.%06d  ", risk / MILLIONTHS, risk % MILLIONTHS);
    if (terms.approved)
        printf("approve   %11" PRId64 ".%02" PRId64 "  %4d.%02d %%  %s\n",
               terms.limit_cents / CENTS, terms.limit_cents % CENTS, terms.rate_bp / 100,
               terms.rate_bp % 100, terms.credit_type);
    else
        printf("deny      %14s  %9s  %s\n", "", "", terms.reason);
}

/* Each band's first and last risk: in between, limit and rate only go one way. */
static size_t policy_ends(const struct policy *policy, int32_t risks[2 * POLICY_BANDS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < policy->band_count; i++) {
        int32_t first = i == 0 ? 0 : policy->bands[i - 1].risk_to + 1;
        risks[count++] = first;
        if (policy->bands[i].risk_to > first)
            risks[count++] = policy->bands[i].risk_to;
    }
    return count;
}

static void show_bands(const struct policy *policy)
{
    int32_t risks[2 * POLICY_BANDS_MAX];
    size_t count = policy_ends(policy, risks);
    printf("\n%-8s  %-8s  %14s  %9s  %s\n", "risk", "decision", "limit", "rate",
           "credit type, or reason");
    for (size_t i = 0; i < count; i++)
        show_terms(policy, risks[i]);
}

/* A cap in hundredths; null is none. */
static void cap_report(struct buf *report, const char *name, int64_t cap)
{
    if (cap == 0)
        json_put_null(report, name);
    else
        json_put_decimal(report, name, cap, 2);
}

static void terms_report(struct buf *report, const struct policy *policy, int32_t risk)
{
    struct terms terms = policy_apply(policy, risk);
    json_put_open(report, NULL, '{');
    json_put_decimal(report, "risk", risk, 6);
    json_put_text(report, "decision", terms.approved ? "approve" : "deny");
    if (terms.approved) {
        json_put_decimal(report, "limit", terms.limit_cents, 2);
        json_put_decimal(report, "rate_percent", terms.rate_bp, 2);
        json_put_text(report, "credit_type", terms.credit_type);
    } else {
        json_put_text(report, "reason", terms.reason);
    }
    json_put_close(report, '}');
}

/* What show_head() and show_bands() tell. */
static void policy_report(const struct policy *policy)
{
    struct buf report;
    char hash[HASH_TEXT_SIZE];
    hash_format(&policy->hash, hash);
    report_begin(&report);
    json_put_text(&report, "name", policy->name);
    json_put_text(&report, "hash", hash);
    json_put_text(&report, "emotion_guard", emotion_guard_name(policy->emotion_guard));
    json_put_integer(&report, "offer_life_days", policy->offer_life_us / DAY_US);
    json_put_integer(&report, "cooling_off_hours", policy->cooling_off_us / HOUR_US);
    cap_report(&report, "exposure_cap", policy->exposure_cap_cents);
    cap_report(&report, "rate_cap_percent", policy->rate_cap_bp);
    json_put_open(&report, "terms", '[');
    int32_t risks[2 * POLICY_BANDS_MAX];
    size_t count = policy_ends(policy, risks);
    for (size_t i = 0; i < count; i++)
        terms_report(&report, policy, risks[i]);
    json_put_close(&report, ']');
    report_end(&report);
}

static int check(const char *name_or_path)
{
    struct policy policy;
    int result = toolbox_policy_read(name_or_path, &policy);
    if (result != EX_OK)
        return result;
    if (report_is_json()) {
        policy_report(&policy);
    } else {
        show_head(&policy);
        show_bands(&policy);
    }
    return EX_OK;
}

int command_policy(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "check") == 0)
        return check(argv[2]);
    return command_misused(argv[0]);
}
