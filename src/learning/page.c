/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/page.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process/file.h"

/* The columns by importance, the greatest first; returns how many, up to `count`. */
static size_t important_columns(const struct page_content *content, size_t columns[], size_t count)
{
    const double *importance = content->report->importance;
    size_t kept = 0;
    for (size_t i = 0; i < content->table->column_count; i++) {
        size_t at = kept;
        while (at > 0 && importance[columns[at - 1]] < importance[i])
            at--;
        if (at == count)
            continue;
        kept += kept < count;
        for (size_t k = kept - 1; k > at; k--)
            columns[k] = columns[k - 1];
        columns[at] = i;
    }
    assert(kept > 0 && kept <= count);
    return kept;
}

static const char *const candidate_names[CANDIDATE_COUNT] = {"Model", "Scorecard",
                                                             "Without emotions"};

enum { COLUMNS_SHOWN = 60 };

/* Text of the data, which must not end its cell of a table. */
static void put_cell(struct buf *page, const char *text)
{
    static const char *const instead[] = {"\\|", " "};
    buf_escape(page, slice_of(text), "|\n", instead);
}

static void put_data(const void *context, struct buf *page)
{
    const struct page_content *content = context;
    const struct table *table = content->table;
    size_t positives = 0;
    for (size_t i = 0; i < table->row_count; i++)
        positives += table->positives[i];
    buf_printf(page,
               "- Source: %s\n"
               "- Outcome: %s, in %zu of %zu rows (%.1f %%)\n"
               "- Columns: %zu\n",
               table->source, table->outcome, positives, table->row_count,
               100 * (double)positives / (double)table->row_count, table->column_count);
    for (const char *line = content->options->warnings, *end; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        buf_printf(page, "- Warning: %.*s\n", (int)(end - line), line);
    }
}

static void put_measures(const void *context, struct buf *page)
{
    const struct page_content *content = context;
    const struct evaluation *evaluation = &content->report->evaluation;
    const struct evaluation_options *options = &content->options->evaluation;
    if (content->table->timed)
        buf_printf(page,
                   "Trained on the first %zu rows by time, tested on the last %zu. Intervals are "
                   "of 95 %%, from %d bootstrap samples.\n\n",
                   evaluation->train_rows, evaluation->count, BOOTSTRAP_SAMPLES);
    else
        buf_printf(page,
                   "Mean over %zu tests: %zu folds, %zu times, stratified; in each all is fitted "
                   "and chosen anew on about %zu rows. Intervals are of 95 %%, corrected for "
                   "training rows that folds share (Nadeau and Bengio).\n\n",
                   evaluation->tests, options->folds, options->repeats, evaluation->train_rows);
    buf_text(page, "| |");
    for (size_t m = 0; m < MEASURE_COUNT; m++)
        buf_printf(page, " %s |", measure_name((enum measure)m));
    buf_text(page, "\n|---|---|---|---|---|\n");
    for (size_t c = 0; c < evaluation->candidates; c++) {
        buf_printf(page, "| %s |", candidate_names[c]);
        for (size_t m = 0; m < MEASURE_COUNT; m++) {
            const struct interval *interval = &evaluation->measures[c][m];
            buf_printf(page, " %.4f (%.4f to %.4f) |", interval->mean, interval->low,
                       interval->high);
        }
        buf_text(page, "\n");
    }
    buf_text(page, "\n");
    for (size_t c = 1; c < evaluation->candidates; c++)
        buf_printf(page, "- %s %+.4f AUC (%+.4f to %+.4f)\n",
                   c == CANDIDATE_SCORECARD ? "Against the scorecard" : "What emotions add:",
                   evaluation->gains[c].mean, evaluation->gains[c].low, evaluation->gains[c].high);
}

static void put_columns(const void *context, struct buf *page)
{
    const struct page_content *content = context;
    const struct table *table = content->table;
    size_t columns[COLUMNS_SHOWN];
    size_t count = important_columns(content, columns, COLUMNS_SHOWN);
    for (size_t i = 0; i < count; i++) {
        const struct model_column *column = &table->columns[columns[i]];
        size_t missing = 0;
        for (size_t row = 0; row < table->row_count; row++)
            missing += isnan(table_row(table, row)[columns[i]]);
        buf_text(page, "| ");
        put_cell(page, column->name);
        buf_text(page, " |");
        if (column->kind == MODEL_CATEGORY)
            buf_printf(page, " %zu levels |", column->level_count);
        else
            buf_text(page, " number |");
        buf_printf(page, " %s | %s | %.1f %% | %.4f |\n", column->group,
                   column->direction > 0   ? "rises"
                   : column->direction < 0 ? "falls"
                                           : "",
                   100 * (double)missing / (double)table->row_count,
                   content->report->importance[columns[i]]);
    }
    if (count < table->column_count)
        buf_printf(page, "\nand %zu less important ones.\n", table->column_count - count);
}

static void put_parts(const void *context, struct buf *page)
{
    const struct training_report *report = ((const struct page_content *)context)->report;
    for (size_t i = 0; i < report->part_count; i++)
        buf_printf(page,
                   "- %s: %zu trees weighing %.2f, logistic regression (ridge %g) weighing %.2f, "
                   "%s calibration\n",
                   i == 0 ? "All columns" : "Without emotions", report->parts[i].trees,
                   report->parts[i].tree_weight, report->parts[i].penalty,
                   1 - report->parts[i].tree_weight,
                   report->parts[i].calibration == CALIBRATION_ISOTONIC ? "isotonic" : "Platt");
}

void page_card(const struct page_content *content, struct buf *page)
{
    char hash[HASH_TEXT_SIZE], seed[24];
    hash_format(&content->report->hash, hash);
    snprintf(seed, sizeof seed, "%" PRIu64, content->options->evaluation.seed);
    const struct embedded_part parts[] = {
        {"name", .text = content->options->name},
        {"data", .write = put_data},
        {"measures", .write = put_measures},
        {"columns", .write = put_columns},
        {"command", .text = content->options->command},
        {"version", .text = ECS_VERSION},
        {"hash", .text = hash},
        {"seed", .text = seed},
        {"parts", .write = put_parts},
        {0},
    };
    embedded_file_fill("text/training/card.md", parts, content, page);
}

enum {
    WIDTH = 480,
    HEIGHT = 440,
    LEFT = 60,
    TOP = 56,
    SIDE_X = 390, /* the plot's inside */
    SIDE_Y = 320,
    GROUPS = 10,
    BARS = 40,
    CURVE_POINTS_MAX = 400,
    IMPORTANT = 15,
    ROW = 24,
    NAMES = 210,
};

static const char *const colours[CANDIDATE_COUNT] = {"#2563eb", "#94a3b8", "#db2777"};
static const char negative_colour[] = "#0d9488";
static const char positive_colour[] = "#e11d48";

static double place_x(double share)
{
    return LEFT + share * SIDE_X;
}

static double place_y(double share)
{
    return TOP + (1 - share) * SIDE_Y;
}

/* Text that comes from the data; of a long one the first `max` bytes, and the rest of their last
 * character. */
static void put_text(struct buf *page, const char *text, size_t max)
{
    static const char *const entities[] = {"&lt;", "&gt;", "&amp;"};
    size_t size = strnlen(text, max);
    while (((unsigned char)text[size] & 0xC0) == 0x80)
        size++;
    buf_escape(page, (struct slice){text, size}, "<>&", entities);
    if (text[size] != '\0')
        buf_text(page, "…");
}

static void begin(struct buf *page, int width, int height, const char *title)
{
    buf_printf(page,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
               "height=\"%d\" font-family=\"system-ui, sans-serif\" font-size=\"12\" "
               "fill=\"#475569\" role=\"img\">\n<title>%s</title>\n"
               "<rect width=\"%d\" height=\"%d\" rx=\"10\" fill=\"#ffffff\"/>\n"
               "<text x=\"20\" y=\"30\" font-size=\"16\" font-weight=\"600\" fill=\"#0f172a\">%s"
               "</text>\n",
               width, height, width, height, title, width, height, title);
}

/* A frame from 0 to 1 each way, with a faint grid. `tops` and `tick` label the upright side. */
static void frame(struct buf *page, const char *across, const char *up, double top)
{
    for (int i = 0; i <= 5; i++) {
        double share = i / 5.0;
        buf_printf(page,
                   "<path d=\"M%d %.1fh%d\" stroke=\"%s\"/>\n"
                   "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.2g</text>\n"
                   "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.1f</text>\n",
                   LEFT, place_y(share), SIDE_X, i == 0 ? "#94a3b8" : "#e2e8f0", LEFT - 8,
                   place_y(share) + 4, share * top, place_x(share), TOP + SIDE_Y + 18, share);
    }
    buf_printf(
        page,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n"
        "<text transform=\"translate(16 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>\n",
        LEFT + SIDE_X / 2, TOP + SIDE_Y + 40, across, TOP + SIDE_Y / 2, up);
}

/* A frame of shares against shares, with its diagonal. */
static void square(struct buf *page, const char *across, const char *up)
{
    frame(page, across, up, 1);
    buf_printf(page,
               "<path d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"#cbd5e1\" "
               "stroke-dasharray=\"4 4\"/>\n",
               place_x(0), place_y(0), place_x(1), place_y(1));
}

static void legend(struct buf *page, int x, int y, const char *colour, const char *name,
                   const char *figure)
{
    buf_printf(page,
               "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" rx=\"3\" fill=\"%s\"/>"
               "<text x=\"%d\" y=\"%d\">%s%s</text>\n",
               x, y - 10, colour, x + 18, y, name, figure);
}

static void roc_curve(const struct evaluation *evaluation, enum candidate candidate,
                      struct buf *page)
{
    struct rated *rated =
        rated_sort(evaluation->probabilities[candidate], evaluation->positives, evaluation->count);
    size_t all[2] = {0, 0};
    size_t caught[2] = {0, 0};
    double last = -1;
    if (rated == NULL) {
        page->overflowed = true;
        return;
    }
    for (size_t i = 0; i < evaluation->count; i++)
        all[rated[i].positive]++;
    buf_printf(page, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" d=\"M%.1f %.1f",
               colours[candidate], candidate == CANDIDATE_MODEL ? "2.5" : "1.5", place_x(0),
               place_y(0));
    for (size_t i = evaluation->count; i > 0;) {
        for (double p = rated[i - 1].value; i > 0 && rated[i - 1].value == p; i--)
            caught[rated[i - 1].positive]++;
        double x = (double)caught[0] / (double)all[0];
        double y = (double)caught[1] / (double)all[1];
        if (i > 0 && x + y - last < 2.0 / CURVE_POINTS_MAX)
            continue;
        buf_printf(page, "L%.1f %.1f", place_x(x), place_y(y));
        last = x + y;
    }
    assert(caught[0] == all[0] && caught[1] == all[1]); /* the curve has come to its end */
    buf_text(page, "\"/>\n");
    free(rated);
}

void page_roc(const struct page_content *content, struct buf *page)
{
    const struct evaluation *evaluation = &content->report->evaluation;
    begin(page, WIDTH, HEIGHT, "ROC");
    square(page, "false alarms", "outcomes caught");
    for (size_t c = evaluation->candidates; c > 0; c--)
        roc_curve(evaluation, (enum candidate)(c - 1), page);
    for (size_t c = 0; c < evaluation->candidates; c++) {
        char figure[32];
        snprintf(figure, sizeof figure, "  %.3f", evaluation->measures[c][MEASURE_AUC].mean);
        legend(page, LEFT + 220, TOP + SIDE_Y - 70 + (int)c * 22, colours[c], candidate_names[c],
               figure);
    }
    buf_text(page, "</svg>\n");
}

/* Wilson's interval of a share, which stays within 0 and 1. */
static void share_interval(double positives, double count, double *low, double *high)
{
    static const double z = 1.959963984540054;
    double share = positives / count;
    double middle = (share + z * z / (2 * count)) / (1 + z * z / count);
    double reach =
        z * sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count);
    *low = middle - reach;
    *high = middle + reach;
}

void page_calibration(const struct page_content *content, struct buf *page)
{
    const struct evaluation *evaluation = &content->report->evaluation;
    struct rated *rated = rated_sort(evaluation->probabilities[CANDIDATE_MODEL],
                                     evaluation->positives, evaluation->count);
    begin(page, WIDTH, HEIGHT, "Calibration");
    square(page, "probability said", "share that happened");
    for (size_t group = 0; rated != NULL && group < GROUPS; group++) {
        size_t from = group * evaluation->count / GROUPS;
        size_t to = (group + 1) * evaluation->count / GROUPS;
        double said = 0;
        double happened = 0;
        double low;
        double high;
        if (from == to)
            continue;
        for (size_t i = from; i < to; i++) {
            said += rated[i].value / (double)(to - from);
            happened += rated[i].positive;
        }
        share_interval(happened, (double)(to - from), &low, &high);
        buf_printf(page,
                   "<path d=\"M%.1f %.1fV%.1f\" stroke=\"#93c5fd\" stroke-width=\"3\" "
                   "stroke-linecap=\"round\"/><circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" "
                   "fill=\"%s\"/>\n",
                   place_x(said), place_y(low), place_y(high), place_x(said),
                   place_y(happened / (double)(to - from)), colours[0]);
    }
    page->overflowed |= rated == NULL;
    free(rated);
    buf_text(page, "</svg>\n");
}

void page_scores(const struct page_content *content, struct buf *page)
{
    const struct evaluation *evaluation = &content->report->evaluation;
    double shares[2][BARS] = {{0}};
    double all[2] = {0, 0};
    double top = 0;
    for (size_t i = 0; i < evaluation->count; i++)
        all[evaluation->positives[i]]++;
    for (size_t i = 0; i < evaluation->count; i++) {
        size_t bar = (size_t)(evaluation->probabilities[CANDIDATE_MODEL][i] * BARS);
        int positive = evaluation->positives[i];
        double *share = &shares[positive][bar < BARS ? bar : BARS - 1];
        *share += 1 / all[positive];
        top = fmax(top, *share);
    }
    begin(page, WIDTH, HEIGHT, "Scores by outcome");
    frame(page, "probability", "% of the outcome's rows", 100 * top);
    for (int positive = 0; positive <= 1; positive++)
        for (size_t bar = 0; bar < BARS; bar++) {
            double share = shares[positive][bar] / top;
            if (share > 0)
                buf_printf(page,
                           "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"1.5\" "
                           "fill=\"%s\" fill-opacity=\"0.55\"/>\n",
                           place_x((double)bar / BARS) + 0.5, place_y(share),
                           (double)SIDE_X / BARS - 1, share * SIDE_Y,
                           positive ? positive_colour : negative_colour);
        }
    legend(page, LEFT + 250, TOP + 14, negative_colour, "did not happen", "");
    legend(page, LEFT + 250, TOP + 36, positive_colour, "happened", "");
    buf_text(page, "</svg>\n");
}

void page_importance(const struct page_content *content, struct buf *page)
{
    size_t columns[IMPORTANT];
    size_t count = important_columns(content, columns, IMPORTANT);
    const double *importance = content->report->importance;
    double top = fmax(importance[columns[0]], 1e-12);
    begin(page, WIDTH, TOP + (int)count * ROW + 34, "What moves it");
    for (size_t i = 0; i < count; i++) {
        const struct model_column *column = &content->table->columns[columns[i]];
        int y = TOP + (int)i * ROW;
        double width = importance[columns[i]] / top * (WIDTH - NAMES - 70);
        buf_printf(page, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", NAMES - 10, y + 13);
        put_text(page, column->name, 28);
        buf_printf(page,
                   "</text><rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"16\" rx=\"4\" "
                   "fill=\"%s\"/><text x=\"%.1f\" y=\"%d\">%.3f</text>\n",
                   NAMES, y, fmax(width, 1),
                   model_column_is_emotional(column) ? colours[CANDIDATE_WITHOUT_EMOTIONS]
                                                     : colours[CANDIDATE_MODEL],
                   NAMES + fmax(width, 1) + 6, y + 13, importance[columns[i]]);
    }
    buf_printf(page,
               "<text x=\"%d\" y=\"%d\">mean size of what it adds to the log-odds%s</text>\n"
               "</svg>\n",
               20, TOP + (int)count * ROW + 18,
               table_has_emotions(content->table) ? "; emotional ones are pink" : "");
}
