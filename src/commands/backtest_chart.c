/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/backtest_chart.h"

#include <inttypes.h>

#include "commands/backtest_figures.h"

/* Lengths are in thousandths of the bars' width, and in the distribution's own units. */
enum {
    BAR_WIDTH = 1000,
    BAR_HEIGHT = 10,
    BAR_STEP = 13,
    LEFT = 62,
    RIGHT = 988,
    TOP = 34,
    BOTTOM = 262,
    HEIGHT = 306,
    WIDTH = 1000,
    GRID_LINES_MAX = 5,
    LABEL_APART = 64
};

static int64_t scaled(int64_t value, int64_t whole, int64_t length)
{
    return whole <= 0 ? 0 : (int64_t)((__int128)value * length / whole);
}

void chart_bars(FILE *out, int64_t recorded, int64_t candidate, int64_t whole)
{
    fprintf(out,
            "<svg class=\"bars\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
            "aria-hidden=\"true\"><rect class=\"track\" width=\"%d\" height=\"%d\"/>"
            "<rect class=\"recorded\" width=\"%" PRId64 "\" height=\"%d\"/>"
            "<rect class=\"track\" y=\"%d\" width=\"%d\" height=\"%d\"/>"
            "<rect class=\"candidate\" y=\"%d\" width=\"%" PRId64 "\" height=\"%d\"/></svg>",
            BAR_WIDTH, BAR_STEP + BAR_HEIGHT, BAR_WIDTH, BAR_HEIGHT,
            scaled(recorded, whole, BAR_WIDTH), BAR_HEIGHT, BAR_STEP, BAR_WIDTH, BAR_HEIGHT,
            BAR_STEP, scaled(candidate, whole, BAR_WIDTH), BAR_HEIGHT);
}

static int64_t x_of(int32_t risk)
{
    return LEFT + scaled(risk, MILLIONTHS, RIGHT - LEFT);
}

static int64_t y_of(int64_t count, int64_t most)
{
    return BOTTOM - scaled(count, most, BOTTOM - TOP);
}

/* The least of 1, 2 and 5 times a power of ten of which a few lines reach `most`. */
static int64_t grid_step(int64_t most)
{
    int64_t ten = 1;
    for (;; ten *= 10) {
        for (int64_t step = 1; step <= 5; step += step == 1 ? 1 : 3) {
            if (step * ten * GRID_LINES_MAX >= most)
                return step * ten;
        }
    }
}

static void grid(FILE *out, int64_t step, int64_t top)
{
    for (int64_t count = 0; count <= top; count += step) {
        int64_t y = y_of(count, top);
        fprintf(out,
                "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%" PRId64 "\" y2=\"%" PRId64
                "\"/><text class=\"axis\" x=\"%d\" y=\"%" PRId64 "\" text-anchor=\"end\">%s</text>",
                LEFT, RIGHT, y, y, LEFT - 8, y + 4, figure_count(count, FIGURE_PLAIN).data);
    }
    for (int i = 0; i <= BACKTEST_TENTHS; i++)
        fprintf(out,
                "<text class=\"axis\" x=\"%" PRId64
                "\" y=\"%d\" text-anchor=\"middle\">%d.%d</text>",
                x_of(i * (MILLIONTHS / BACKTEST_TENTHS)), BOTTOM + 18, i / BACKTEST_TENTHS,
                i % BACKTEST_TENTHS);
    fprintf(out,
            "<text class=\"axis\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">risk under the "
            "candidate's emotion guard</text>",
            (LEFT + RIGHT) / 2, BOTTOM + 38);
}

static void bin(FILE *out, const struct backtest_pair *pair, int32_t from, int64_t most)
{
    int64_t x = x_of(from) + 1, width = x_of(from + BACKTEST_BIN_RISK) - x;
    int64_t all = y_of(pair->recorded.count, most), now = y_of(pair->candidate.approved, most);
    fprintf(out,
            "<g><title>risk %s to %s: %s decisions, %s approved as recorded, %s by the "
            "candidate</title>"
            "<rect class=\"denied\" x=\"%" PRId64 "\" y=\"%" PRId64 "\" width=\"%" PRId64
            "\" height=\"%" PRId64 "\"/><rect class=\"candidate\" x=\"%" PRId64 "\" y=\"%" PRId64
            "\" width=\"%" PRId64 "\" height=\"%" PRId64 "\"/></g>\n",
            figure_risk(from).data, figure_risk(from + BACKTEST_BIN_RISK).data,
            figure_count(pair->recorded.count, FIGURE_PLAIN).data,
            figure_count(pair->recorded.approved, FIGURE_PLAIN).data,
            figure_count(pair->candidate.approved, FIGURE_PLAIN).data, x, all, width, BOTTOM - all,
            x, now, width, BOTTOM - now);
}

/* What was approved as recorded, as a line over the bins. */
static void recorded_line(FILE *out, const struct backtest *backtest, int64_t most)
{
    fprintf(out, "<path class=\"line\" d=\"M%d %d", LEFT, BOTTOM);
    for (int i = 0; i < BACKTEST_BINS; i++)
        fprintf(out, "V%" PRId64 "H%" PRId64, y_of(backtest->bins[i].recorded.approved, most),
                x_of((i + 1) * BACKTEST_BIN_RISK));
    fprintf(out, "V%d\"/>", BOTTOM);
}

/* Labels that would touch the one before are left out; the line stays. */
static void edges(FILE *out, const struct policy *policy)
{
    int64_t last_x = -LABEL_APART;
    for (size_t i = 0; i + 1 < policy->band_count; i++) {
        int64_t x = x_of(policy->bands[i].risk_to);
        fprintf(out,
                "<line class=\"edge\" x1=\"%" PRId64 "\" x2=\"%" PRId64 "\" y1=\"%d\" y2=\"%d\"/>",
                x, x, TOP - 14, BOTTOM);
        if (x - last_x < LABEL_APART)
            continue;
        fprintf(out,
                "<text class=\"axis\" x=\"%" PRId64 "\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                x, TOP - 20, figure_risk(policy->bands[i].risk_to).data);
        last_x = x;
    }
}

void chart_distribution(FILE *out, const struct backtest *backtest)
{
    int64_t most = 1;
    for (int i = 0; i < BACKTEST_BINS; i++) {
        if (backtest->bins[i].recorded.count > most)
            most = backtest->bins[i].recorded.count;
    }
    int64_t step = grid_step(most), top = (most + step - 1) / step * step;
    fprintf(out,
            "<svg class=\"distribution\" viewBox=\"0 0 %d %d\" role=\"img\" "
            "aria-label=\"How many decisions have which risk\">",
            WIDTH, HEIGHT);
    grid(out, step, top);
    for (int i = 0; i < BACKTEST_BINS; i++)
        bin(out, &backtest->bins[i], i * BACKTEST_BIN_RISK, top);
    recorded_line(out, backtest, top);
    edges(out, backtest->candidate);
    fputs("</svg>\n", out);
}
