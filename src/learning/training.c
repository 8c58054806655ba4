/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/training.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learning/baseline.h"
#include "learning/page.h"
#include "model/manifest.h"
#include "model/reason.h"

enum { IMPORTANCE_ROWS_MAX = 2000, FILES = 3 };
static const char *const tree_files[] = {"trees.ubj", "trees-without-emotions.ubj"};

/* The training as it goes on. */
struct training_work {
    const struct table *table;
    const struct training_options *options;
    struct training_report *report;
    struct feature_matrix features[2]; /* with emotions, and without */
    struct fit fits[2];
    size_t parts;
    struct points points;
    size_t *rows; /* all */
    char *reason;
};

/* Fits a part, or the scorecard, to all rows. */
static enum status piece_fit(void *context, size_t piece)
{
    struct training_work *work = context;
    const struct table *table = work->table;
    if (piece == work->parts)
        return baseline_fit(table, work->rows, table->row_count, &work->points);
    return fit_part(&work->features[piece], work->rows, table->row_count,
                    work->options->evaluation.seed, &work->fits[piece]);
}

static enum status evaluate_and_fit(struct training_work *work)
{
    struct training_report *report = work->report;
    struct evaluation_options options = work->options->evaluation;
    options.beside_count = work->parts + 1;
    options.beside = piece_fit;
    options.beside_context = work;
    enum status status =
        evaluation_run(&work->features[0], work->parts > 1 ? &work->features[1] : NULL, &options,
                       &report->evaluation, work->reason);
    for (size_t i = 0; i < work->parts && status == STATUS_OK; i++) {
        const struct fit *fit = &work->fits[i];
        report->parts[report->part_count++] = (struct training_part){
            fit->rounds, fit->numbers.tree_weight, fit->penalty, fit->numbers.calibration.form};
    }
    return status;
}

/* How much each column moves the log-odds, over rows spread evenly through the table. */
static enum status importance_measure(struct training_work *work)
{
    const struct table *table = work->table;
    const struct fit *fit = &work->fits[0];
    struct part *part = NULL;
    double *contributions = calloc(table->column_count, sizeof *contributions);
    size_t step = table->row_count / IMPORTANCE_ROWS_MAX + 1;
    size_t explained = 0;
    double *importance = calloc(table->column_count, sizeof *importance);
    work->report->importance = importance;
    enum status status = STATUS_UNAVAILABLE;
    if (contributions != NULL && importance != NULL)
        status = part_open(table->columns, work->features[0].uses, table->column_count,
                           &fit->numbers, buf_slice(&fit->trees), &part, work->reason);
    for (size_t row = 0; row < table->row_count && status == STATUS_OK; row += step, explained++) {
        double log_odds;
        double base;
        status = part_explain(part, table_row(table, row), 1, &log_odds, contributions, &base);
        for (size_t i = 0; i < table->column_count; i++)
            importance[i] += fabs(contributions[i]);
    }
    for (size_t i = 0; i < table->column_count && status == STATUS_OK; i++)
        importance[i] /= (double)explained;
    assert(status != STATUS_OK || (explained > 0 && explained <= IMPORTANCE_ROWS_MAX));
    part_close(part);
    free(contributions);
    return status;
}

/* The manifest lends what it tells from the table and the fits. */
static enum status model_save(struct training_work *work)
{
    struct manifest manifest = {.columns = work->table->columns,
                                .column_count = work->table->column_count,
                                .part_count = work->parts};
    struct manifest_bytes files[FILES];
    size_t count = 0;
    assert(work->parts < FILES);
    struct buf scorecard;
    buf_init(&scorecard, MODEL_FILE_MAX);
    points_write(&work->points, &scorecard);
    snprintf(manifest.name, sizeof manifest.name, "%s", work->options->name);
    files[count++] = (struct manifest_bytes){POINTS_FILE, buf_slice(&scorecard)};
    for (size_t i = 0; i < work->parts; i++) {
        struct manifest_part *part = &manifest.parts[i];
        part->uses = work->features[i].uses;
        part->numbers = work->fits[i].numbers;
        snprintf(part->trees, sizeof part->trees, "%s", tree_files[i]);
        files[count++] = (struct manifest_bytes){tree_files[i], buf_slice(&work->fits[i].trees)};
    }
    assert(count <= FILES && count == work->parts + 1);
    enum status status = manifest_save(work->options->folder, &manifest, files, count,
                                       &work->report->hash, work->reason);
    buf_free(&scorecard);
    return status;
}

static enum status page_save(struct training_work *work, const char *name, page_writer *write)
{
    struct buf page;
    struct page_content content = {work->table, work->options, work->report};
    buf_init(&page, MODEL_FILE_MAX);
    write(&content, &page);
    enum status status =
        page.overflowed
            ? reason_tell(work->reason, STATUS_UNAVAILABLE, "memory is out")
            : manifest_file_write(work->options->folder, name, buf_slice(&page), work->reason);
    buf_free(&page);
    return status;
}

static enum status pages_save(struct training_work *work)
{
    static const struct {
        const char *name;
        page_writer *write;
    } pages[] = {
        {"roc.svg", page_roc},       {"calibration.svg", page_calibration},
        {"scores.svg", page_scores}, {"importance.svg", page_importance},
        {"card.md", page_card},
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof pages / sizeof pages[0] && status == STATUS_OK; i++)
        status = page_save(work, pages[i].name, pages[i].write);
    return status;
}

static enum status run(struct training_work *work)
{
    const struct table *table = work->table;
    bool emotions = table_has_emotions(table);
    work->rows = calloc(table->row_count, sizeof *work->rows);
    if (work->rows == NULL)
        return STATUS_UNAVAILABLE;
    for (size_t i = 0; i < table->row_count; i++)
        work->rows[i] = i;
    enum status status = features_init(&work->features[0], table, true);
    if (status == STATUS_OK && emotions)
        status = features_init(&work->features[1], table, false);
    if (status == STATUS_INVALID)
        return reason_tell(work->reason, STATUS_INVALID, "%s",
                           emotions ? "no column is there but emotional ones"
                                    : "the columns make too many features");
    work->parts = emotions ? 2 : 1;
    if (status == STATUS_OK)
        status = evaluate_and_fit(work);
    if (status == STATUS_OK)
        status = importance_measure(work);
    if (status == STATUS_OK)
        status = model_save(work);
    return status == STATUS_OK ? pages_save(work) : status;
}

enum status training_run(const struct table *table, const struct training_options *options,
                         struct training_report *report, char reason[REASON_MAX + 1])
{
    struct training_work work = {
        .table = table, .options = options, .report = report, .reason = reason};
    *report = (struct training_report){0};
    assert(table->column_count > 0 && table->row_count > 0);
    assert(strlen(options->name) <= MODEL_NAME_MAX);
    snprintf(reason, REASON_MAX + 1, "memory is out, or XGBoost failed");
    enum status status = run(&work);
    for (size_t i = 0; i < 2; i++) {
        features_free(&work.features[i]);
        fit_free(&work.fits[i]);
    }
    points_free(&work.points);
    free(work.rows);
    if (status != STATUS_OK)
        training_report_free(report);
    return status;
}

void training_report_free(struct training_report *report)
{
    evaluation_free(&report->evaluation);
    free(report->importance);
    *report = (struct training_report){0};
}
