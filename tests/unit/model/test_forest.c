/* SPDX-License-Identifier: Apache-2.0
 *
 * Trees worked out ahead against XGBoost, which grew them: what they say, and what each feature
 * adds. (Against the definition of Shapley values: test_part.c.)
 */
#include "model/forest.h"

#include "../grown.h"
#include "model/booster.h"
#include "process/file.h"

enum { ROWS = 600, ASKED = 2000, FEATURES = GROWN_FEATURES, WIDTH_MAX = 64 };
static struct table table;
static struct feature_matrix features;

static int make(void **state)
{
    (void)state;
    synthetic_table(&table, ROWS, 8, true, false);
    if (features_init(&features, &table, true) != STATUS_OK)
        return -1;
    return 0;
}

static int clear(void **state)
{
    (void)state;
    features_free(&features);
    table_free(&table);
    return 0;
}

static struct buf grown(int depth, int rounds)
{
    return grown_trees(&table, &features, depth, "0.02", rounds);
}

/* What is asked, and both answers. */
struct answers {
    size_t width;
    float rows[ASKED * WIDTH_MAX];
    float said[2][ASKED];
    float added[2][ASKED * WIDTH_MAX];
};

/* Rows that mix those of the training, with one value in eight missing and one far away. */
static void rows_of_training(struct answers *answers)
{
    answers->width = FEATURES;
    for (size_t i = 0; i < ASKED * FEATURES; i++) {
        uint64_t chance = unit_random();
        float value = features.values[chance / 16 % ROWS * FEATURES + i % FEATURES];
        answers->rows[i] = chance % 8 == 0 ? NAN : chance % 64 == 1 ? -1e30F : value;
    }
}

static void ask_both(struct slice trees, struct answers *answers)
{
    struct forest *forest;
    struct booster *booster;
    char reason[REASON_MAX + 1];
    assert_int_equal(forest_build(trees, &forest), STATUS_OK);
    assert_int_equal(booster_load(trees, &booster, reason), STATUS_OK);
    assert_int_equal(forest_feature_count(forest), answers->width);
    assert_int_equal(booster_feature_count(booster), answers->width);
    assert_int_equal(forest_ask(forest, answers->rows, ASKED, answers->said[0], answers->added[0]),
                     STATUS_OK);
    assert_int_equal(
        booster_ask(booster, answers->rows, ASKED, answers->said[1], answers->added[1]), STATUS_OK);
    forest_free(forest);
    booster_free(booster);
}

/* Trees of the depth that `ecs train` grows, from a start that is not even odds. */
static void the_same_to_the_last_bit(void **state)
{
    (void)state;
    static struct answers answers;
    struct buf trees = grown(3, 150);
    rows_of_training(&answers);
    ask_both(buf_slice(&trees), &answers);
    for (size_t i = 0; i < ASKED; i++)
        assert_true(answers.said[0][i] == answers.said[1][i]);
    for (size_t i = 0; i < ASKED * FEATURES; i++)
        assert_true(answers.added[0][i] == answers.added[1][i]);
    buf_free(&trees);
}

/* The models that the binary carries, which decided and must decide again. The values that their
 * trees look at span nine orders of magnitude. */
static void the_built_in_models_too(void **state)
{
    (void)state;
    static struct answers answers;
    size_t models = 0;
    for (const struct embedded_file *file = embedded_files; file->name != NULL; file++) {
        if (strstr(file->name, ".ubj") == NULL)
            continue;
        answers.width = strstr(file->name, "without-emotions") == NULL ? 34 : 18;
        for (size_t i = 0; i < ASKED * answers.width; i++) {
            uint64_t chance = unit_random();
            double size = pow(10, (double)(chance >> 40) / (1 << 24) * 9);
            answers.rows[i] = chance % 16 == 0   ? NAN
                              : chance % 16 == 1 ? 0
                              : chance % 16 < 4  ? (float)-size
                                                 : (float)size;
        }
        ask_both((struct slice){file->data, file->size}, &answers);
        for (size_t i = 0; i < ASKED; i++)
            assert_true(answers.said[0][i] == answers.said[1][i]);
        for (size_t i = 0; i < ASKED * answers.width; i++)
            assert_true(answers.added[0][i] == answers.added[1][i]);
        models++;
    }
    assert_int_equal(models, 4);
}

/* Deeper trees are taken in pieces, whose sums are made in another order. */
static void deeper_trees_in_pieces(void **state)
{
    (void)state;
    static struct answers answers;
    for (int depth = 4; depth <= MODEL_TREE_DEPTH_MAX; depth += 2) {
        struct buf trees = grown(depth, 10);
        rows_of_training(&answers);
        ask_both(buf_slice(&trees), &answers);
        for (size_t i = 0; i < ASKED; i++)
            assert_true(answers.said[0][i] == answers.said[1][i]);
        for (size_t i = 0; i < ASKED * FEATURES; i++)
            assert_true(fabs((double)answers.added[0][i] - (double)answers.added[1][i]) < 1e-5);
        buf_free(&trees);
    }
}

/* Everything that is added, and what the trees say on average, make up what they say. */
static void additions_make_up_the_log_odds(void **state)
{
    (void)state;
    static struct answers answers;
    struct buf trees = grown(5, 30);
    double average = 0;
    rows_of_training(&answers);
    ask_both(buf_slice(&trees), &answers);
    for (size_t i = 0; i < ASKED; i++) {
        double rest = (double)answers.said[0][i];
        for (size_t k = 0; k < FEATURES; k++)
            rest -= (double)answers.added[0][i * FEATURES + k];
        average = i == 0 ? rest : average;
        assert_true(fabs(rest - average) < 1e-5);
    }
    buf_free(&trees);
}

static void what_is_too_much_is_left(void **state)
{
    (void)state;
    struct buf deep = grown(MODEL_TREE_DEPTH_MAX + 1, 3);
    struct buf large = grown(MODEL_TREE_DEPTH_MAX, 300);
    struct forest *forest = NULL;
    assert_int_equal(forest_build(buf_slice(&deep), &forest), STATUS_TOO_LARGE);
    assert_int_equal(forest_build(buf_slice(&large), &forest), STATUS_TOO_LARGE);
    assert_null(forest);
    buf_free(&deep);
    buf_free(&large);
}

/* Replaces `from` by `to`, which is as long, wherever it stands. */
static void replaced(const struct buf *trees, const char *from, const char *to, enum status status)
{
    struct forest *forest = NULL;
    size_t length = strlen(from), found = 0;
    char *bytes = malloc(trees->size);
    assert_non_null(bytes);
    memcpy(bytes, trees->data, trees->size);
    for (size_t i = 0; i + length <= trees->size; i++) {
        if (memcmp(bytes + i, from, length) != 0)
            continue;
        memcpy(bytes + i, to, length);
        found++;
    }
    assert_true(found > 0 && strlen(to) == length);
    assert_int_equal(forest_build((struct slice){bytes, trees->size}, &forest), status);
    free(bytes);
}

static void other_kinds_are_left_and_malformed_ones_refused(void **state)
{
    (void)state;
    struct buf trees = grown(2, 2);
    struct forest *forest = NULL;
    replaced(&trees, "gbtree", "gbline", STATUS_TOO_LARGE);
    replaced(&trees, "binary:logistic", "binary:logitraw", STATUS_TOO_LARGE);
    replaced(&trees, "learner", "learned", STATUS_INVALID);
    replaced(&trees, "left_children", "lost_children", STATUS_INVALID);
    replaced(&trees, "sum_hessian", "sum_russian", STATUS_INVALID);
    replaced(&trees, "num_feature", "num_futures", STATUS_INVALID);
    for (size_t size = 0; size < trees.size; size++) {
        char *cut = malloc(size + 1);
        assert_non_null(cut);
        memcpy(cut, trees.data, size);
        enum status status = forest_build((struct slice){cut, size}, &forest);
        /* From where the last tree ends, what is missing tells nothing. */
        assert_true(status == STATUS_INVALID || (status == STATUS_OK && size > trees.size * 3 / 4));
        if (status == STATUS_OK)
            forest_free(forest);
        free(cut);
    }
    buf_free(&trees);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_to_the_last_bit),
        cmocka_unit_test(the_built_in_models_too),
        cmocka_unit_test(deeper_trees_in_pieces),
        cmocka_unit_test(additions_make_up_the_log_odds),
        cmocka_unit_test(what_is_too_much_is_left),
        cmocka_unit_test(other_kinds_are_left_and_malformed_ones_refused),
    };
    return cmocka_run_group_tests(tests, make, clear);
}
