/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model.h"

#include "../trained.h"
#include "model/manifest.h"
#include "model/part.h"

enum { ROWS = 900, ASKED = 300 };
static char folder[32];
static struct table table;

static int train(void **state)
{
    (void)state;
    struct training_report report;
    char reason[REASON_MAX + 1];
    synthetic_table(&table, ROWS, 1, true, true);
    trained_folder(folder);
    if (trained_run(&table, folder, 1, &report, reason) != STATUS_OK)
        return -1;
    training_report_free(&report);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    trained_remove(folder);
    table_free(&table);
    return 0;
}

static struct model *load(void)
{
    struct model *model;
    char reason[REASON_MAX + 1];
    assert_int_equal(model_load(folder, &model, reason), STATUS_OK);
    return model;
}

/* For both parts: contributions and base add up to the log-odds of what predict says. */
static void explanations_add_up(void **state)
{
    (void)state;
    struct model *model = load();
    static double said[ASKED];
    for (int part = MODEL_FULL; part <= MODEL_WITHOUT_EMOTIONS; part++) {
        assert_int_equal(model_predict(model, (enum model_part)part, table.values, ASKED, said),
                         STATUS_OK);
        for (size_t i = 0; i < ASKED; i++) {
            double probability;
            double contributions[SYNTHETIC_COLUMNS];
            double sum;
            assert_int_equal(model_explain(model, (enum model_part)part, table_row(&table, i), 1,
                                           &probability, contributions, &sum),
                             STATUS_OK);
            for (size_t k = 0; k < SYNTHETIC_COLUMNS; k++)
                sum += contributions[k];
            assert_true(probability == said[i]);
            assert_true(fabs(sum - calibration_log_odds(probability)) < 1e-9);
            if (part == MODEL_WITHOUT_EMOTIONS)
                assert_true(contributions[MOOD] == 0);
        }
    }
    model_free(model);
}

/* The part without emotions gives the same bits whatever the mood; the full one does not. */
static void emotions_are_not_looked_at(void **state)
{
    (void)state;
    struct model *model = load();
    double row[SYNTHETIC_COLUMNS];
    double before;
    double after;
    memcpy(row, table_row(&table, 0), sizeof row);
    row[MOOD] = -3;
    assert_int_equal(model_predict(model, MODEL_WITHOUT_EMOTIONS, row, 1, &before), STATUS_OK);
    row[MOOD] = 3;
    assert_int_equal(model_predict(model, MODEL_WITHOUT_EMOTIONS, row, 1, &after), STATUS_OK);
    assert_true(before == after);
    assert_int_equal(model_predict(model, MODEL_FULL, row, 1, &after), STATUS_OK);
    row[MOOD] = -3;
    assert_int_equal(model_predict(model, MODEL_FULL, row, 1, &before), STATUS_OK);
    assert_true(before > after);
    model_free(model);
}

/* Rows that nobody would send do no harm, and unknown levels are missing values. */
static void odd_rows(void **state)
{
    (void)state;
    static const double odd[] = {NAN, INFINITY, -INFINITY, 1e300, -1e300, 0.5, -1, 4, 1e18};
    struct model *model = load();
    double row[SYNTHETIC_COLUMNS];
    double contributions[SYNTHETIC_COLUMNS];
    double base;
    double missing;
    double said;
    memcpy(row, table_row(&table, 3), sizeof row);
    row[JOB] = NAN;
    assert_int_equal(model_predict(model, MODEL_FULL, row, 1, &missing), STATUS_OK);
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        row[JOB] = odd[i];
        assert_int_equal(model_predict(model, MODEL_FULL, row, 1, &said), STATUS_OK);
        assert_true(said == missing);
    }
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        for (size_t k = 0; k < SYNTHETIC_COLUMNS; k++)
            row[k] = odd[i];
        assert_int_equal(model_explain(model, MODEL_FULL, row, 1, &said, contributions, &base),
                         STATUS_OK);
        assert_true(said > 0 && said < 1);
    }
    model_free(model);
}

/* Any number of rows at once gives what each gives alone. */
static void batches(void **state)
{
    (void)state;
    enum { MANY = 2500 };
    struct model *model = load();
    double *rows = calloc(MANY * SYNTHETIC_COLUMNS, sizeof *rows);
    double *said = calloc(MANY, sizeof *said);
    double alone;
    for (size_t i = 0; i < MANY; i++)
        memcpy(rows + i * SYNTHETIC_COLUMNS, table_row(&table, i % ROWS),
               SYNTHETIC_COLUMNS * sizeof *rows);
    assert_int_equal(model_predict(model, MODEL_FULL, rows, MANY, said), STATUS_OK);
    for (size_t i = 0; i < MANY; i += 97) {
        assert_int_equal(model_predict(model, MODEL_FULL, rows + i * SYNTHETIC_COLUMNS, 1, &alone),
                         STATUS_OK);
        assert_true(alone == said[i]);
    }
    free(rows);
    free(said);
    model_free(model);
}

/* Writes `bytes` for a file, sees that the folder is refused with a reason, and puts it back. */
static void refused_with(const char *name, struct slice bytes, struct slice original)
{
    struct model *model = NULL;
    char reason[REASON_MAX + 1] = "";
    char ignored[REASON_MAX + 1];
    assert_int_equal(manifest_file_write(folder, name, bytes, ignored), STATUS_OK);
    enum status status = model_load(folder, &model, reason);
    assert_int_equal(manifest_file_write(folder, name, original, ignored), STATUS_OK);
    assert_int_equal(status, STATUS_INVALID);
    assert_non_null(strstr(reason, name));
    assert_null(model);
}

static struct buf file_read(const char *name)
{
    struct buf bytes;
    char reason[REASON_MAX + 1];
    buf_init(&bytes, 1 << 22);
    assert_int_equal(manifest_file_read(folder, name, &bytes, reason), STATUS_OK);
    return bytes;
}

static void altered_and_truncated_files_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"trees.ubj", "trees-without-emotions.ubj",
                                        "scorecard.json"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf original = file_read(names[i]);
        struct buf altered = file_read(names[i]);
        for (int k = 0; k < 20; k++) {
            size_t at = unit_random() % altered.size;
            altered.data[at] ^= (char)(1 << unit_random() % 8);
            refused_with(names[i], buf_slice(&altered), buf_slice(&original));
            altered.data[at] = original.data[at];
            refused_with(names[i], (struct slice){altered.data, at}, buf_slice(&original));
        }
        buf_free(&original);
        buf_free(&altered);
    }
}

static void a_missing_file_is_told(void **state)
{
    (void)state;
    static const char *const names[] = {"trees.ubj", "scorecard.json", "manifest.json"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buf original = file_read(names[i]);
        struct model *model = NULL;
        char reason[REASON_MAX + 1] = "";
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(model_load(folder, &model, reason), STATUS_NOT_FOUND);
        assert_non_null(strstr(reason, names[i]));
        assert_int_equal(manifest_file_write(folder, names[i], buf_slice(&original), reason),
                         STATUS_OK);
        buf_free(&original);
    }
}

static void another_format_is_refused(void **state)
{
    (void)state;
    struct buf original = file_read("manifest.json");
    struct buf altered = file_read("manifest.json");
    struct model *model;
    char reason[REASON_MAX + 1];
    char *format = strstr(altered.data, "\"format\":1");
    assert_non_null(format);
    format[9] = '2';
    refused_with("manifest.json", buf_slice(&altered), buf_slice(&original));
    assert_int_equal(manifest_file_write(folder, "manifest.json", buf_slice(&altered), reason),
                     STATUS_OK);
    assert_int_equal(model_load(folder, &model, reason), STATUS_INVALID);
    assert_string_equal(
        reason, "manifest.json: written in a format that this version of ecs does not read");
    assert_int_equal(manifest_file_write(folder, "manifest.json", buf_slice(&original), reason),
                     STATUS_OK);
    buf_free(&original);
    buf_free(&altered);
}

/* A manifest is trusted to name the files; whatever else it says, loading it never crashes. */
static void mutated_manifests_do_no_harm(void **state)
{
    (void)state;
    struct buf original = file_read("manifest.json");
    char *mutated = malloc(original.size + 8);
    char reason[REASON_MAX + 1];
    size_t refused = 0;
    for (int i = 0; i < 400; i++) {
        struct model *model = NULL;
        size_t size = unit_mutate(original.data, original.size, mutated, original.size + 8);
        assert_int_equal(
            manifest_file_write(folder, "manifest.json", (struct slice){mutated, size}, reason),
            STATUS_OK);
        if (model_load(folder, &model, reason) == STATUS_OK) {
            double said;
            assert_int_equal(model_predict(model, MODEL_FULL, table.values, 1, &said), STATUS_OK);
            model_free(model);
        } else {
            refused++;
        }
    }
    assert_true(refused > 100);
    assert_int_equal(manifest_file_write(folder, "manifest.json", buf_slice(&original), reason),
                     STATUS_OK);
    free(mutated);
    buf_free(&original);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(explanations_add_up),
        cmocka_unit_test(emotions_are_not_looked_at),
        cmocka_unit_test(odd_rows),
        cmocka_unit_test(batches),
        cmocka_unit_test(altered_and_truncated_files_are_refused),
        cmocka_unit_test(a_missing_file_is_told),
        cmocka_unit_test(another_format_is_refused),
        cmocka_unit_test(mutated_manifests_do_no_harm),
    };
    return cmocka_run_group_tests(tests, train, clear);
}
