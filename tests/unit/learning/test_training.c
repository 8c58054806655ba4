/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/training.h"

#include "../trained.h"
#include "model/manifest.h"
#include "model/model.h"

enum { ROWS = 900 };

static struct buf file_text(const char *folder, const char *name)
{
    struct buf text;
    char reason[REASON_MAX + 1];
    buf_init(&text, 1 << 22);
    assert_int_equal(manifest_file_read(folder, name, &text, reason), STATUS_OK);
    return text;
}

static void twice_the_same_files(void **state)
{
    (void)state;
    static const char *const names[] = {"manifest.json", "trees.ubj",       "scorecard.json",
                                        "card.md",       "calibration.svg", "roc.svg",
                                        "scores.svg",    "importance.svg"};
    struct table table;
    struct training_report reports[3];
    char folders[3][32];
    char reason[REASON_MAX + 1];
    synthetic_table(&table, ROWS, 1, false, false);
    for (size_t i = 0; i < 3; i++) {
        trained_folder(folders[i]);
        assert_int_equal(trained_run(&table, folders[i], i < 2 ? 1 : 2, &reports[i], reason),
                         STATUS_OK);
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf first = file_text(folders[0], names[i]);
        struct buf second = file_text(folders[1], names[i]);
        assert_int_equal(first.size, second.size);
        assert_memory_equal(first.data, second.data, first.size);
        buf_free(&first);
        buf_free(&second);
    }
    assert_int_equal(hash_compare(&reports[0].hash, &reports[1].hash), 0);
    assert_int_not_equal(hash_compare(&reports[0].hash, &reports[2].hash), 0);
    for (size_t i = 0; i < 3; i++) {
        training_report_free(&reports[i]);
        trained_remove(folders[i]);
    }
    table_free(&table);
}

/* The report's hash is that of the model which is then read, and its columns are the table's. */
static void what_is_written_is_read(void **state)
{
    (void)state;
    struct table table;
    struct training_report report;
    struct model *model;
    char folder[32];
    char reason[REASON_MAX + 1];
    synthetic_table(&table, ROWS, 2, true, true);
    trained_folder(folder);
    assert_int_equal(trained_run(&table, folder, 1, &report, reason), STATUS_OK);
    assert_int_equal(report.part_count, 2);
    assert_int_equal(report.evaluation.candidates, CANDIDATE_COUNT);
    assert_int_equal(report.evaluation.tests, 1);
    assert_true(report.evaluation.gains[CANDIDATE_WITHOUT_EMOTIONS].mean > 0.01);
    for (size_t c = 0; c < CANDIDATE_COUNT; c++)
        assert_true(report.evaluation.measures[c][MEASURE_AUC].mean > 0.7);
    assert_int_equal(model_load(folder, &model, reason), STATUS_OK);
    struct hash hash = model_hash(model);
    assert_int_equal(hash_compare(&hash, &report.hash), 0);
    assert_string_equal(model_name(model), "synthetic");
    assert_int_equal(model_column_count(model), SYNTHETIC_COLUMNS);
    for (size_t i = 0; i < SYNTHETIC_COLUMNS; i++) {
        const struct model_column *column = &model_columns(model)[i];
        assert_string_equal(column->name, table.columns[i].name);
        assert_string_equal(column->group, table.columns[i].group);
        assert_int_equal(column->kind, table.columns[i].kind);
        assert_int_equal(column->direction, table.columns[i].direction);
        assert_int_equal(column->level_count, table.columns[i].level_count);
    }
    assert_string_equal(model_columns(model)[JOB].levels[3], "none");
    struct buf card = file_text(folder, "card.md");
    assert_non_null(strstr(card.data, "What emotions add: +"));
    buf_free(&card);
    model_free(model);
    training_report_free(&report);
    trained_remove(folder);
    table_free(&table);
}

static void faults_have_reasons(void **state)
{
    (void)state;
    struct table table;
    struct training_report report;
    char reason[REASON_MAX + 1];
    synthetic_table(&table, 30, 3, false, false);
    assert_int_equal(trained_run(&table, "/proc/none/model", 1, &report, reason), STATUS_INVALID);
    assert_string_equal(reason, "too few rows of one outcome to train on");
    table_free(&table);
    synthetic_table(&table, 400, 3, false, false);
    assert_int_equal(trained_run(&table, "/proc/none/model", 1, &report, reason),
                     STATUS_UNAVAILABLE);
    assert_non_null(strstr(reason, "/proc/none/model/"));
    memset(table.positives, 1, table.row_count);
    assert_int_equal(trained_run(&table, "/proc/none/model", 1, &report, reason), STATUS_INVALID);
    assert_string_equal(reason, "fewer rows of one outcome than folds");
    table_free(&table);
}

/* Where nothing but emotions is known, there is nothing to compare them with. */
static void emotions_alone_are_refused(void **state)
{
    (void)state;
    struct table table;
    struct training_report report;
    char reason[REASON_MAX + 1];
    synthetic_table(&table, 200, 3, true, false);
    for (size_t i = 0; i < SYNTHETIC_COLUMNS; i++)
        snprintf(table.columns[i].group, sizeof table.columns[i].group, MODEL_EMOTIONAL);
    assert_int_equal(trained_run(&table, "/proc/none/model", 1, &report, reason), STATUS_INVALID);
    assert_string_equal(reason, "no column is there but emotional ones");
    table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twice_the_same_files),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(faults_have_reasons),
        cmocka_unit_test(emotions_alone_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
