/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/backtest_json.h"

#include "base/json_put.h"
#include "commands/backtest_figures.h"
#include "commands/report.h"

static void put_sum(struct buf *json, const char *name, const struct backtest_sum *sum)
{
    json_put_key(json, name);
    json_put_open(json, '{');
    report_integer(json, "decisions", sum->count);
    report_integer(json, "approved", sum->approved);
    report_integer(json, "standing", sum->standing);
    report_decimal(json, "exposure", sum->limit_cents, 2);
    report_decimal(json, "expected_loss", backtest_loss_cents(sum), 2);
    report_decimal(json, "interest", backtest_interest_cents(sum), 2);
    report_decimal(json, "rate_percent", backtest_rate_bp(sum), 2);
    json_put_close(json, '}');
}

static void put_pair(struct buf *json, const struct backtest_pair *pair)
{
    put_sum(json, "recorded", &pair->recorded);
    put_sum(json, "candidate", &pair->candidate);
}

static void put_segments(struct buf *json, const char *name, const struct segment segments[],
                         size_t count)
{
    json_put_key(json, name);
    json_put_open(json, '[');
    for (size_t i = 0; i < count; i++) {
        json_put_open(json, '{');
        report_text(json, "name", segments[i].name);
        report_text(json, "detail", segments[i].detail);
        put_pair(json, &segments[i].pair);
        json_put_close(json, '}');
    }
    json_put_close(json, ']');
}

static void put_terms(struct buf *json, const char *name, const struct backtest_terms *terms)
{
    json_put_key(json, name);
    json_put_open(json, '{');
    report_boolean(json, "approved", terms->approved);
    report_decimal(json, "risk", terms->risk, 6);
    report_decimal(json, "limit", terms->limit_cents, 2);
    report_decimal(json, "rate_percent", terms->rate_bp, 2);
    json_put_close(json, '}');
}

static void put_swaps(struct buf *json, const struct backtest *backtest)
{
    json_put_key(json, "swaps");
    json_put_open(json, '[');
    for (int i = 0; i < SWAP_COUNT; i++) {
        const struct backtest_set *set = &backtest->swaps[i];
        json_put_open(json, '{');
        report_text(json, "name", backtest_swap_name((enum backtest_swap)i));
        put_pair(json, &set->sums);
        json_put_key(json, "greatest");
        json_put_open(json, '[');
        for (size_t k = 0; k < set->example_count; k++) {
            json_put_open(json, '{');
            report_uuid(json, "decision_id", &set->examples[k].decision_id);
            put_terms(json, "recorded", &set->examples[k].recorded);
            put_terms(json, "candidate", &set->examples[k].candidate);
            json_put_close(json, '}');
        }
        json_put_close(json, ']');
        json_put_close(json, '}');
    }
    json_put_close(json, ']');
}

void backtest_json(const struct backtest *backtest, int64_t took_us)
{
    struct segment segments[SEGMENTS_MAX];
    struct buf json;
    char hash[HASH_TEXT_SIZE];
    hash_format(&backtest->candidate->hash, hash);
    report_begin(&json);
    report_text(&json, "policy", backtest->candidate->name);
    report_text(&json, "policy_hash", hash);
    report_decimal(&json, "seconds", took_us, 6);
    report_integer(&json, "left_out", backtest->unlogged);
    put_pair(&json, &backtest->total);
    put_segments(&json, "by_band", segments, segments_by_band(backtest, segments));
    put_segments(&json, "by_risk", segments, segments_by_risk(backtest, segments));
    put_segments(&json, "by_group", segments, segments_by_group(backtest, segments));
    put_swaps(&json, backtest);
    report_end(&json);
}
