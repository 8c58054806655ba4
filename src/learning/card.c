/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/card.h"

#include <math.h>
#include <string.h>

enum { COLUMNS_SHOWN = 60 };

static void put_interval(struct buf *page, const struct interval *interval)
{
    buf_printf(page, " %.4f (%.4f to %.4f) |", interval->mean, interval->low, interval->high);
}

/* Text of the data, which must not end its cell of a table. */
static void put_cell(struct buf *page, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '|')
            buf_text(page, "\\|");
        else
            buf_append(page, *text == '\n' ? " " : text, 1);
}

static void put_data(const struct page_content *content, struct buf *page)
{
    const struct table *table = content->table;
    size_t positives = 0;
    for (size_t i = 0; i < table->row_count; i++)
        positives += table->positives[i];
    buf_printf(page,
               "## Data\n\n"
               "- Source: %s\n"
               "- Outcome: %s, in %zu of %zu rows (%.1f %%)\n"
               "- Columns: %zu\n",
               table->source, table->outcome, positives, table->row_count,
               100 * (double)positives / (double)table->row_count, table->column_count);
    for (const char *line = content->options->warnings, *end; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        buf_printf(page, "- Warning: %.*s\n", (int)(end - line), line);
    }
    buf_text(page, "\n");
}

static void put_measures(const struct page_content *content, struct buf *page)
{
    const struct evaluation *evaluation = &content->report->evaluation;
    const struct evaluation_options *options = &content->options->evaluation;
    if (content->table->timed)
        buf_printf(page,
                   "## How good it is\n\nTrained on the first %zu rows by time, tested on the last "
                   "%zu. Intervals are of 95 %%, from %d bootstrap samples.\n\n",
                   evaluation->train_rows, evaluation->count, BOOTSTRAP_SAMPLES);
    else
        buf_printf(page,
                   "## How good it is\n\nMean over %zu tests: %zu folds, %zu times, stratified; in "
                   "each all is fitted and chosen anew on about %zu rows. Intervals are of 95 %%, "
                   "corrected for training rows that folds share (Nadeau and Bengio).\n\n",
                   evaluation->tests, options->folds, options->repeats, evaluation->train_rows);
    buf_text(page, "| |");
    for (size_t m = 0; m < MEASURE_COUNT; m++)
        buf_printf(page, " %s |", measure_name((enum measure)m));
    buf_text(page, "\n|---|---|---|---|---|\n");
    for (size_t c = 0; c < evaluation->candidates; c++) {
        buf_printf(page, "| %s |", page_candidate((enum candidate)c));
        for (size_t m = 0; m < MEASURE_COUNT; m++)
            put_interval(page, &evaluation->measures[c][m]);
        buf_text(page, "\n");
    }
    buf_text(page, "\n");
    for (size_t c = 1; c < evaluation->candidates; c++)
        buf_printf(page, "- %s %+.4f AUC (%+.4f to %+.4f)\n",
                   c == CANDIDATE_SCORECARD ? "Against the scorecard" : "What emotions add:",
                   evaluation->gains[c].mean, evaluation->gains[c].low, evaluation->gains[c].high);
    buf_text(page, "\n![ROC](roc.svg) ![Calibration](calibration.svg) ![Scores](scores.svg) "
                   "![Importance](importance.svg)\n\n");
}

static void put_columns(const struct page_content *content, struct buf *page)
{
    const struct table *table = content->table;
    size_t columns[COLUMNS_SHOWN];
    size_t count = page_important(content, columns, COLUMNS_SHOWN);
    buf_text(page,
             "## Columns\n\nMissing: the share of rows. Importance: the mean size of what the "
             "column adds to the log-odds.\n\n"
             "| Column | Kind | Group | Direction | Missing | Importance |\n"
             "|---|---|---|---|---|---|\n");
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
    buf_text(page, "\n");
}

static void put_making(const struct page_content *content, struct buf *page)
{
    const struct training_report *report = content->report;
    char hash[HASH_TEXT_SIZE];
    hash_format(&report->hash, hash);
    buf_printf(page,
               "## How it was made\n\n"
               "- By: `%s` of ecs %s\n"
               "- Model hash: `%s`; the same data, options and version give it again\n"
               "- Seed: %llu\n",
               content->options->command, ECS_VERSION, hash,
               (unsigned long long)content->options->evaluation.seed);
    for (size_t i = 0; i < report->part_count; i++)
        buf_printf(page,
                   "- %s: %zu trees weighing %.2f, logistic regression (ridge %g) weighing %.2f, "
                   "%s calibration\n",
                   i == 0 ? "All columns" : "Without emotions", report->parts[i].trees,
                   report->parts[i].tree_weight, report->parts[i].penalty,
                   1 - report->parts[i].tree_weight,
                   report->parts[i].calibration == CALIBRATION_ISOTONIC ? "isotonic" : "Platt");
    buf_text(page, "- Beside it: `scorecard.json`, a scorecard in whole points\n");
}

void card_write(const struct page_content *content, struct buf *page)
{
    buf_printf(page, "# %s\n\n", content->options->name);
    buf_text(page, "A model of credit risk, made by `ecs train`. It gives the probability of the "
                   "outcome below, and what each column adds to its log-odds.\n\n");
    put_data(content, page);
    put_measures(content, page);
    put_columns(content, page);
    put_making(content, page);
}
