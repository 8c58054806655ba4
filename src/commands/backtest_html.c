/* SPDX-License-Identifier: Apache-2.0
 *
 * A backtest as a page. Its frame, its tables and its style stand in text/backtest/; what is
 * written here are their rows and the charts.
 */
#include <assert.h>

#include "base/time_text.h"
#include "commands/backtest.h"
#include "process/file.h"

/* Lengths are in thousandths of the bars' width, and in the distribution's own units. */
enum {
    BAR_WIDTH = 1000,
    BAR_HEIGHT = 10,
    BAR_STEP = 13,
    LEFT = 62,
    RIGHT = 988,
    TOP = 34,
    BOTTOM = 262,
    GRID_LINES_MAX = 5,
    LABEL_APART = 64
};

/* As long a part of `length` as `value` is of `whole`; 0 of nothing. */
static int scaled(int64_t value, int64_t whole, int length)
{
    assert(value >= 0 && (value <= whole || whole <= 0));
    return whole <= 0 ? 0 : (int)((__int128)value * length / whole);
}

/* Two bars, recorded above candidate, as long as they are of `whole`. */
static void chart_bars(struct buf *out, int64_t recorded, int64_t candidate, int64_t whole)
{
    buf_printf(out,
               "<svg class=\"bars\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
               "aria-hidden=\"true\"><rect class=\"track\" width=\"%d\" height=\"%d\"/>"
               "<rect class=\"recorded\" width=\"%d\" height=\"%d\"/>"
               "<rect class=\"track\" y=\"%d\" width=\"%d\" height=\"%d\"/>"
               "<rect class=\"candidate\" y=\"%d\" width=\"%d\" height=\"%d\"/></svg>",
               BAR_WIDTH, BAR_STEP + BAR_HEIGHT, BAR_WIDTH, BAR_HEIGHT,
               scaled(recorded, whole, BAR_WIDTH), BAR_HEIGHT, BAR_STEP, BAR_WIDTH, BAR_HEIGHT,
               BAR_STEP, scaled(candidate, whole, BAR_WIDTH), BAR_HEIGHT);
}

static int x_of(int32_t risk)
{
    return LEFT + scaled(risk, MILLIONTHS, RIGHT - LEFT);
}

static int y_of(int64_t count, int64_t most)
{
    return BOTTOM - scaled(count, most, BOTTOM - TOP);
}

/* The least of 1, 2 and 5 times a power of ten of which a few lines reach `most`. */
static int64_t grid_step(int64_t most)
{
    for (int64_t ten = 1;; ten *= 10)
        for (int64_t step = 1; step <= 5; step += step == 1 ? 1 : 3)
            if (step * ten * GRID_LINES_MAX >= most)
                return step * ten;
}

static void grid_draw(struct buf *out, int64_t step, int64_t top)
{
    for (int64_t count = 0; count <= top; count += step) {
        int y = y_of(count, top);
        buf_printf(out,
                   "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>"
                   "<text class=\"axis\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
                   LEFT, RIGHT, y, y, LEFT - 8, y + 4, figure_count(count, FIGURE_PLAIN).data);
    }
    for (int i = 0; i <= BACKTEST_TENTHS; i++)
        buf_printf(out,
                   "<text class=\"axis\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%d.%d</text>",
                   x_of(i * (MILLIONTHS / BACKTEST_TENTHS)), BOTTOM + 18, i / BACKTEST_TENTHS,
                   i % BACKTEST_TENTHS);
    buf_printf(out,
               "<text class=\"axis\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">risk under the "
               "candidate's emotion guard</text>",
               (LEFT + RIGHT) / 2, BOTTOM + 38);
}

static void bin_draw(struct buf *out, const struct backtest_pair *pair, int32_t from, int64_t most)
{
    int x = x_of(from) + 1, width = x_of(from + BACKTEST_BIN_RISK) - x;
    int all = y_of(pair->recorded.count, most), now = y_of(pair->candidate.approved, most);
    buf_printf(out,
               "<g><title>risk %s to %s: %s decisions, %s approved as recorded, %s by the "
               "candidate</title>"
               "<rect class=\"denied\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>"
               "<rect class=\"candidate\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/></g>\n",
               figure_risk(from).data, figure_risk(from + BACKTEST_BIN_RISK).data,
               figure_count(pair->recorded.count, FIGURE_PLAIN).data,
               figure_count(pair->recorded.approved, FIGURE_PLAIN).data,
               figure_count(pair->candidate.approved, FIGURE_PLAIN).data, x, all, width,
               BOTTOM - all, x, now, width, BOTTOM - now);
}

/* What was approved as recorded, as a line over the bins. */
static void recorded_draw(struct buf *out, const struct backtest *backtest, int64_t most)
{
    buf_printf(out, "<path class=\"line\" d=\"M%d %d", LEFT, BOTTOM);
    for (int i = 0; i < BACKTEST_BINS; i++)
        buf_printf(out, "V%dH%d", y_of(backtest->bins[i].recorded.approved, most),
                   x_of((i + 1) * BACKTEST_BIN_RISK));
    buf_printf(out, "V%d\"/>", BOTTOM);
}

/* Labels that would touch the one before are left out; the line stays. */
static void edges_draw(struct buf *out, const struct policy *policy)
{
    int last_x = -LABEL_APART;
    for (size_t i = 0; i + 1 < policy->band_count; i++) {
        int x = x_of(policy->bands[i].risk_to);
        assert(x >= last_x); /* bands rise */
        buf_printf(out, "<line class=\"edge\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>", x, x,
                   TOP - 14, BOTTOM);
        if (x - last_x < LABEL_APART)
            continue;
        buf_printf(out, "<text class=\"axis\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                   x, TOP - 20, figure_risk(policy->bands[i].risk_to).data);
        last_x = x;
    }
}

/* How many decisions have which risk, how many of them are approved, and where bands end. */
static void put_distribution(const void *context, struct buf *out)
{
    const struct backtest *backtest = context;
    int64_t most = 1;
    for (int i = 0; i < BACKTEST_BINS; i++)
        if (backtest->bins[i].recorded.count > most)
            most = backtest->bins[i].recorded.count;
    int64_t step = grid_step(most), top = (most + step - 1) / step * step;
    grid_draw(out, step, top);
    for (int i = 0; i < BACKTEST_BINS; i++)
        bin_draw(out, &backtest->bins[i], i * BACKTEST_BIN_RISK, top);
    recorded_draw(out, backtest, top);
    edges_draw(out, backtest->candidate);
}

static void escape(struct buf *out, const char *text)
{
    static const char *const entities[] = {"&lt;", "&gt;", "&amp;", "&quot;"};
    buf_escape(out, slice_of(text), "<>&\"", entities);
}

static void put_policy(const void *context, struct buf *out)
{
    escape(out, ((const struct backtest *)context)->candidate->name);
}

static void put_recorded(const void *context, struct buf *out)
{
    const struct backtest *backtest = context;
    char first[TIME_TEXT_SIZE], last[TIME_TEXT_SIZE];
    buf_printf(out, "%s recorded decisions",
               figure_count(backtest->total.recorded.count, FIGURE_PLAIN).data);
    if (backtest->total.recorded.count == 0)
        return;
    time_format(backtest->first_us, first);
    time_format(backtest->last_us, last);
    buf_printf(out, ", %.10s to %.10s", first, last);
}

static void put_left_out(const void *context, struct buf *out)
{
    const struct backtest *backtest = context;
    if (backtest->unlogged > 0)
        buf_printf(out,
                   "<p class=\"quiet note\">%s decisions are left out: they are from before both "
                   "risks were recorded.</p>\n",
                   figure_count(backtest->unlogged, FIGURE_PLAIN).data);
}

static void put_cards(const void *context, struct buf *out)
{
    struct figure figures[FIGURES];
    figure_table(&((const struct backtest *)context)->total, figures);
    for (size_t i = 0; i < FIGURES; i++)
        buf_printf(
            out,
            "<div class=\"card\"><div class=\"name\"><span class=\"change\">%s</span>%s</div>"
            "<div class=\"now\">%s</div><div class=\"then\">recorded %s</div></div>\n",
            figures[i].change.data, figures[i].name, figures[i].candidate.data,
            figures[i].recorded.data);
}

/* Segments ---------------------------------------------------------------------------------- */

struct segment_table {
    struct segment segments[SEGMENTS_MAX];
    size_t count;
};

/* A cell of two numbers, recorded above candidate. */
static void put_two(struct buf *out, struct figure_text recorded, struct figure_text candidate)
{
    buf_printf(out, "<td class=\"two\"><span class=\"old\">%s</span><span>%s</span></td>",
               recorded.data, candidate.data);
}

static void segment_row(struct buf *out, const struct segment *segment, int64_t most_cents)
{
    const struct backtest_sum *old = &segment->pair.recorded, *new = &segment->pair.candidate;
    struct figure_pair figures = figure_pair_of(&segment->pair);
    buf_printf(out, "<tr%s><td>%s<span class=\"detail\">", old->count == 0 ? " class=\"zero\"" : "",
               segment->name);
    escape(out, segment->detail);
    buf_printf(out, "</span></td><td>%s</td><td class=\"chart\">", figures.decisions.data);
    chart_bars(out, backtest_approved_bp(old), backtest_approved_bp(new), WHOLE_BP);
    buf_text(out, "</td>");
    put_two(out, figure_approved(old), figure_approved(new));
    buf_text(out, "<td class=\"chart\">");
    chart_bars(out, old->limit_cents, new->limit_cents, most_cents);
    buf_text(out, "</td>");
    put_two(out, figures.recorded, figures.candidate);
    buf_printf(out, "<td>%s</td></tr>\n", figures.loss_change.data);
}

static void put_segment_rows(const void *context, struct buf *out)
{
    const struct segment_table *table = context;
    int64_t most_cents = 0;
    assert(table->count <= SEGMENTS_MAX);
    for (size_t i = 0; i < table->count; i++) {
        const struct backtest_pair *pair = &table->segments[i].pair;
        if (pair->recorded.limit_cents > most_cents)
            most_cents = pair->recorded.limit_cents;
        if (pair->candidate.limit_cents > most_cents)
            most_cents = pair->candidate.limit_cents;
    }
    for (size_t i = 0; i < table->count; i++)
        segment_row(out, &table->segments[i], most_cents);
}

static void segments_section(struct buf *out, const char *title, const char *subject,
                             const struct segment_table *table)
{
    const struct embedded_part parts[] = {
        {"title", .text = title},
        {"subject", .text = subject},
        {"rows", .write = put_segment_rows},
        {0},
    };
    embedded_file_fill("text/backtest/segments.html", parts, table, out);
}

static void put_by_band(const void *backtest, struct buf *out)
{
    struct segment_table table;
    table.count = segment_by_band(backtest, table.segments);
    segments_section(out, "By band of the candidate", "risk", &table);
}

static void put_by_risk(const void *backtest, struct buf *out)
{
    struct segment_table table;
    table.count = segment_by_risk(backtest, table.segments);
    segments_section(out, "By risk", "risk", &table);
}

static void put_by_group(const void *backtest, struct buf *out)
{
    struct segment_table table;
    table.count = segment_by_group(backtest, table.segments);
    if (table.count > 1)
        segments_section(out, "By group of people", "group", &table);
}

/* What changes ------------------------------------------------------------------------------ */

static void put_swap_rows(const void *context, struct buf *out)
{
    const struct backtest *backtest = context;
    for (int i = 0; i < SWAP_COUNT; i++) {
        const struct backtest_pair *pair = &backtest->swaps[i].sums;
        struct figure_pair figures = figure_pair_of(pair);
        buf_printf(
            out, "<tr%s><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n",
            pair->recorded.count == 0 ? " class=\"zero\"" : "",
            backtest_swap_name((enum backtest_swap)i), figures.decisions.data,
            figures.recorded.data, figures.candidate.data, figures.change.data,
            figures.loss_change.data);
    }
}

static void put_example_rows(const void *context, struct buf *out)
{
    const struct backtest_set *set = context;
    for (size_t i = 0; i < set->example_count; i++) {
        const struct backtest_example *example = &set->examples[i];
        char id[UUID_TEXT_SIZE], time[TIME_TEXT_SIZE];
        uuid_format(&example->decision_id, id);
        time_format(example->decided_at_us, time);
        buf_printf(out,
                   "<tr><td><code>%s</code></td><td>%.10s</td><td>%s</td><td>%s</td><td>%s</td>"
                   "</tr>\n",
                   id, time, figure_risk(example->candidate.risk).data,
                   figure_terms(&example->recorded).data, figure_terms(&example->candidate).data);
    }
}

static void put_examples(const void *context, struct buf *out)
{
    const struct backtest *backtest = context;
    for (int i = 0; i < SWAP_COUNT; i++) {
        const struct embedded_part parts[] = {
            {"swap", .text = backtest_swap_name((enum backtest_swap)i)},
            {"rows", .write = put_example_rows},
            {0},
        };
        assert(backtest->swaps[i].example_count <= BACKTEST_EXAMPLES_MAX);
        if (backtest->swaps[i].example_count > 0)
            embedded_file_fill("text/backtest/examples.html", parts, &backtest->swaps[i], out);
    }
}

static void put_changes(const void *backtest, struct buf *out)
{
    static const struct embedded_part parts[] = {
        {"rows", .write = put_swap_rows},
        {"examples", .write = put_examples},
        {0},
    };
    if (figure_any_differs(backtest))
        embedded_file_fill("text/backtest/changes.html", parts, backtest, out);
    else
        buf_text(out, "<p class=\"quiet\">No decision comes out differently.</p>\n");
}

void backtest_html(const struct backtest *backtest, struct buf *out)
{
    char hash[HASH_TEXT_SIZE];
    hash_format(&backtest->candidate->hash, hash);
    hash[8] = '\0';
    const struct embedded_part parts[] = {
        {"policy", .write = put_policy},
        {"style", .text = embedded_file_find("text/backtest/page.css")->data},
        {"recorded", .write = put_recorded},
        {"hash", .text = hash},
        {"guard", .text = emotion_guard_name(backtest->candidate->emotion_guard)},
        {"left out", .write = put_left_out},
        {"cards", .write = put_cards},
        {"by band", .write = put_by_band},
        {"distribution", .write = put_distribution},
        {"changes", .write = put_changes},
        {"by risk", .write = put_by_risk},
        {"by group", .write = put_by_group},
        {0},
    };
    embedded_file_fill("text/backtest/page.html", parts, backtest, out);
}
