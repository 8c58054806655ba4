/* SPDX-License-Identifier: Apache-2.0
 *
 * Attributions against their definition: Shapley values by brute force, over every subset of
 * features, of trees read from XGBoost's own JSON.
 */
#include "model/part.h"

#include <jansson.h>
#include <pthread.h>

#include "../grown.h"

enum { ROWS = 600, ROUNDS = 12, FEATURES = GROWN_FEATURES, ASKED = 40 };
static struct table table;
static struct feature_matrix features;
static struct buf trees;      /* of the depth that `ecs train` grows */
static struct buf deep_trees; /* that only XGBoost can answer for */

static int grow(void **state)
{
    (void)state;
    synthetic_table(&table, ROWS, 8, true, false);
    if (features_init(&features, &table, true) != STATUS_OK)
        return -1;
    trees = grown_trees(&table, &features, 3, "0.3", ROUNDS);
    deep_trees = grown_trees(&table, &features, MODEL_TREE_DEPTH_MAX + 2, "0.3", ROUNDS);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    buf_free(&trees);
    buf_free(&deep_trees);
    features_free(&features);
    table_free(&table);
    return 0;
}

/* A linear part with weights of its own for each feature and for what is missing. */
static struct linear some_linear(void)
{
    struct linear linear;
    assert_int_equal(linear_init(&linear, FEATURES, SYNTHETIC_COLUMNS), STATUS_OK);
    linear.intercept = -0.3;
    for (size_t i = 0; i < FEATURES; i++) {
        linear.weights[i] = 0.1 * (double)i - 0.2;
        linear.means[i] = 0.5 * (double)i;
        linear.lows[i] = -2;
        linear.highs[i] = 40;
    }
    for (size_t i = 0; i < SYNTHETIC_COLUMNS; i++) {
        linear.missing_weights[i] = 0.2 * (double)i - 0.5;
        linear.missing_rates[i] = 0.08;
    }
    return linear;
}

static struct part *open_part_of(const struct buf *bytes, double tree_weight,
                                 struct calibration calibration)
{
    struct part *part;
    char reason[REASON_MAX + 1];
    struct part_numbers numbers = {tree_weight, some_linear(), calibration};
    assert_int_equal(part_open(table.columns, features.uses, table.column_count, &numbers,
                               buf_slice(bytes), &part, reason),
                     STATUS_OK);
    linear_free(&numbers.linear);
    return part;
}

static struct part *open_part(double tree_weight, struct calibration calibration)
{
    return open_part_of(&trees, tree_weight, calibration);
}

static const struct calibration plain = {.form = CALIBRATION_PLATT, .slope = 1};

/* The trees as XGBoost writes them down. */
static json_t *trees_json(const struct buf *saved)
{
    BoosterHandle booster;
    bst_ulong size;
    const char *text;
    assert_int_equal(XGBoosterCreate(NULL, 0, &booster), 0);
    assert_int_equal(XGBoosterLoadModelFromBuffer(booster, saved->data, saved->size), 0);
    assert_int_equal(XGBoosterSaveModelToBuffer(booster, "{\"format\":\"json\"}", &size, &text), 0);
    json_t *model = json_loadb(text, size, 0, NULL);
    XGBoosterFree(booster);
    assert_non_null(model);
    return model;
}

static double at(const json_t *tree, const char *key, size_t node)
{
    const json_t *value = json_array_get(json_object_get(tree, key), node);
    return json_is_boolean(value) ? json_is_true(value) : json_number_value(value);
}

/* What a tree says if only the features of `known` are known: elsewhere both ways are taken, each
 * by the share of training rows that went there. */
static double expected(const json_t *tree, size_t node, const float row[], unsigned known)
{
    double left = at(tree, "left_children", node);
    if (left < 0)
        return at(tree, "split_conditions", node);
    double right = at(tree, "right_children", node);
    size_t feature = (size_t)at(tree, "split_indices", node);
    if (known & (1u << feature)) {
        bool goes_left = isnan(row[feature])
                             ? at(tree, "default_left", node) != 0
                             : row[feature] < (float)at(tree, "split_conditions", node);
        return expected(tree, (size_t)(goes_left ? left : right), row, known);
    }
    double left_weight = at(tree, "sum_hessian", (size_t)left);
    double right_weight = at(tree, "sum_hessian", (size_t)right);
    return (left_weight * expected(tree, (size_t)left, row, known) +
            right_weight * expected(tree, (size_t)right, row, known)) /
           (left_weight + right_weight);
}

static double factorial(int n)
{
    return n < 2 ? 1 : n * factorial(n - 1);
}

/* The definition: the mean, over all orders of features, of what each one changes. */
static void shapley(const json_t *model, const float row[], double values[FEATURES])
{
    static double worth[1u << FEATURES];
    const json_t *learner = json_object_get(model, "learner");
    const json_t *list = json_object_get(
        json_object_get(json_object_get(learner, "gradient_booster"), "model"), "trees");
    assert_int_equal(json_array_size(list), ROUNDS);
    for (unsigned known = 0; known < 1u << FEATURES; known++) {
        worth[known] = 0;
        for (size_t i = 0; i < ROUNDS; i++)
            worth[known] += expected(json_array_get(list, i), 0, row, known);
    }
    for (unsigned i = 0; i < FEATURES; i++) {
        values[i] = 0;
        for (unsigned known = 0; known < 1u << FEATURES; known++) {
            int size = __builtin_popcount(known);
            if (known & (1u << i))
                continue;
            values[i] += factorial(size) * factorial(FEATURES - size - 1) / factorial(FEATURES) *
                         (worth[known | (1u << i)] - worth[known]);
        }
    }
}

static void explained_by_brute_force(const struct buf *saved, size_t asked)
{
    struct part *part = open_part_of(saved, 1, plain);
    json_t *model = trees_json(saved);
    static double contributions[ASKED * SYNTHETIC_COLUMNS];
    double log_odds[ASKED], bases[ASKED];
    assert_int_equal(
        part_explain(part, table_row(&table, 0), asked, log_odds, contributions, bases), STATUS_OK);
    for (size_t i = 0; i < asked; i++) {
        double values[FEATURES];
        double columns[SYNTHETIC_COLUMNS] = {0};
        shapley(model, features.values + i * FEATURES, values);
        for (size_t k = 0; k < FEATURES; k++)
            columns[features.encoding.features[k].column] += values[k];
        for (size_t k = 0; k < SYNTHETIC_COLUMNS; k++)
            assert_true(fabs(contributions[i * SYNTHETIC_COLUMNS + k] - columns[k]) < 1e-5);
        assert_true(fabs(bases[i] - bases[0]) < 1e-5);
    }
    json_decref(model);
    part_close(part);
}

static void trees_by_brute_force(void **state)
{
    (void)state;
    explained_by_brute_force(&trees, ASKED);
}

/* XGBoost answers instead, and nobody sees it. */
static void trees_too_deep_by_brute_force(void **state)
{
    (void)state;
    explained_by_brute_force(&deep_trees, 5);
}

static void *ask_on_a_thread(void *part)
{
    double contributions[SYNTHETIC_COLUMNS], log_odds, base, first = 0;
    for (size_t i = 0; i < ASKED; i++) {
        if (part_explain(part, table_row(&table, 7), 1, &log_odds, contributions, &base) !=
                STATUS_OK ||
            (i > 0 && log_odds != first))
            return NULL;
        first = log_odds;
    }
    return part;
}

static void many_threads_ask_one_part(void **state)
{
    (void)state;
    struct part *parts[] = {open_part(0.5, plain), open_part_of(&deep_trees, 0.5, plain)};
    for (size_t i = 0; i < 2; i++) {
        pthread_t threads[4];
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(pthread_create(&threads[k], NULL, ask_on_a_thread, parts[i]), 0);
        for (size_t k = 0; k < 4; k++) {
            void *answered;
            assert_int_equal(pthread_join(threads[k], &answered), 0);
            assert_ptr_equal(answered, parts[i]);
        }
        part_close(parts[i]);
    }
}

/* The linear part's Shapley values are weight times distance from the mean. */
static void the_linear_part_by_hand(void **state)
{
    (void)state;
    struct part *part = open_part(0, plain);
    struct linear linear = some_linear();
    for (size_t i = 0; i < ASKED; i++) {
        const double *row = table_row(&table, i);
        double contributions[SYNTHETIC_COLUMNS];
        double log_odds;
        double base;
        assert_int_equal(part_explain(part, row, 1, &log_odds, contributions, &base), STATUS_OK);
        assert_true(fabs(base + 0.3) < 1e-9);
        double debt = isnan(row[DEBT]) ? linear.missing_weights[DEBT] * 0.92
                                       : linear.weights[1] * (row[DEBT] - linear.means[1]) -
                                             linear.missing_weights[DEBT] * 0.08;
        assert_true(fabs(contributions[DEBT] - debt) < 1e-6);
        double income = linear.weights[0] * 40 - linear.missing_weights[INCOME] * 0.08;
        if (!isnan(row[INCOME])) /* cut to 40 */
            assert_true(fabs(contributions[INCOME] - income) < 1e-6);
    }
    linear_free(&linear);
    part_close(part);
}

/* Blended and stretched by Platt, attributions blend and stretch alike; an isotonic calibration
 * keeps them, and the base takes what it adds. */
static void blends_and_calibrations(void **state)
{
    (void)state;
    const struct calibration platt = {.form = CALIBRATION_PLATT, .slope = 1.5, .intercept = 0.2};
    const struct calibration isotonic = {.form = CALIBRATION_ISOTONIC,
                                         .slope = 1,
                                         .knot_count = 3,
                                         .from = {-2, 0, 1},
                                         .to = {-3, 0.5, 0.7}};
    struct part *parts[] = {open_part(1, plain), open_part(0, plain), open_part(0.25, platt),
                            open_part(0.25, isotonic)};
    for (size_t i = 0; i < ASKED; i++) {
        double contributions[4][SYNTHETIC_COLUMNS];
        double log_odds[4];
        double base[4];
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(part_explain(parts[k], table_row(&table, i), 1, &log_odds[k],
                                          contributions[k], &base[k]),
                             STATUS_OK);
        double blended = 0.25 * log_odds[0] + 0.75 * log_odds[1];
        assert_true(fabs(log_odds[2] - (0.2 + 1.5 * blended)) < 1e-9);
        assert_true(fabs(log_odds[3] - calibration_apply(&isotonic, blended)) < 1e-9);
        for (size_t k = 0; k < SYNTHETIC_COLUMNS; k++) {
            double both = 0.25 * contributions[0][k] + 0.75 * contributions[1][k];
            assert_true(fabs(contributions[2][k] - 1.5 * both) < 1e-9);
            assert_true(fabs(contributions[3][k] - both) < 1e-9);
        }
    }
    for (size_t k = 0; k < 4; k++)
        part_close(parts[k]);
}

static void trees_of_other_columns_are_refused(void **state)
{
    (void)state;
    struct part *part = NULL;
    bool uses[SYNTHETIC_COLUMNS] = {true, true};
    struct part_numbers numbers = {.tree_weight = 1, .calibration = plain};
    char reason[REASON_MAX + 1];
    assert_int_equal(linear_init(&numbers.linear, 2, SYNTHETIC_COLUMNS), STATUS_OK);
    assert_int_equal(part_open(table.columns, uses, SYNTHETIC_COLUMNS, &numbers, buf_slice(&trees),
                               &part, reason),
                     STATUS_INVALID);
    assert_string_equal(reason, "the trees see 9 features, the columns have 2");
    assert_null(part);
    linear_free(&numbers.linear);
}

/* Well-formed trees of a kind that nobody knows are left to XGBoost, which tells what it misses. */
static void trees_that_xgboost_refuses_are_refused(void **state)
{
    (void)state;
    struct part *part = NULL;
    struct part_numbers numbers = {1, some_linear(), plain};
    char reason[REASON_MAX + 1];
    char *kind = memmem(trees.data, trees.size, "gbtree}", 7);
    assert_non_null(kind);
    memcpy(kind, "gbhree", 6);
    assert_int_equal(part_open(table.columns, features.uses, SYNTHETIC_COLUMNS, &numbers,
                               buf_slice(&trees), &part, reason),
                     STATUS_INVALID);
    memcpy(kind, "gbtree", 6);
    assert_non_null(strstr(reason, "the trees cannot be read: "));
    assert_null(part);
    linear_free(&numbers.linear);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_by_brute_force),
        cmocka_unit_test(trees_too_deep_by_brute_force),
        cmocka_unit_test(many_threads_ask_one_part),
        cmocka_unit_test(the_linear_part_by_hand),
        cmocka_unit_test(blends_and_calibrations),
        cmocka_unit_test(trees_of_other_columns_are_refused),
        cmocka_unit_test(trees_that_xgboost_refuses_are_refused),
    };
    return cmocka_run_group_tests(tests, grow, clear);
}
