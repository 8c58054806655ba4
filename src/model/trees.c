/* SPDX-License-Identifier: Apache-2.0 */
#include "model/trees.h"

#include <math.h>
#include <stdlib.h>

enum { NUMBER_TEXT_MAX = 31 };

static bool member_text(struct slice object, const char *name, struct slice *text)
{
    struct slice value;
    return ubj_member(object, name, &value) && ubj_text(value, text);
}

/* XGBoost writes its parameters as texts. */
static bool member_number(struct slice object, const char *name, float *number)
{
    char text[NUMBER_TEXT_MAX + 1], *end;
    struct slice found;
    if (!member_text(object, name, &found) || found.size > NUMBER_TEXT_MAX)
        return false;
    slice_text(found, text, sizeof text);
    *number = strtof(text, &end);
    return end != text && *end == '\0' && isfinite(*number);
}

enum status trees_open(struct slice bytes, struct trees *trees)
{
    struct slice learner, booster, model, parameters, objective, list, kind, aim;
    float classes, targets, features, base;
    *trees = (struct trees){0};
    if (!ubj_member(bytes, "learner", &learner) ||
        !ubj_member(learner, "learner_model_param", &parameters) ||
        !ubj_member(learner, "objective", &objective) || !member_text(objective, "name", &aim) ||
        !ubj_member(learner, "gradient_booster", &booster) ||
        !member_text(booster, "name", &kind) ||
        !member_number(parameters, "num_feature", &features) ||
        !(features >= 1 && features <= MODEL_FEATURES_MAX))
        return STATUS_INVALID;
    trees->feature_count = (size_t)features;
    if (!slice_equals(kind, "gbtree") || !slice_equals(aim, "binary:logistic") ||
        !member_number(parameters, "num_class", &classes) || classes > 1 ||
        !member_number(parameters, "num_target", &targets) || targets != 1 ||
        !member_number(parameters, "base_score", &base) || !(base > 0 && base < 1))
        return STATUS_TOO_LARGE;
    trees->margin = -logf(1.0F / base - 1.0F); /* in singles, as XGBoost does it */
    if (!ubj_member(booster, "model", &model) || !ubj_member(model, "trees", &list) ||
        !ubj_array(list, &trees->rest))
        return STATUS_INVALID;
    return STATUS_OK;
}

void trees_close(struct trees *trees)
{
    free(trees->tree.nodes);
    *trees = (struct trees){0};
}

struct columns {
    struct ubj_numbers left, right, feature, missing, number, cover, kind;
};

static bool column_read(struct slice tree, const char *name, size_t count,
                        struct ubj_numbers *numbers)
{
    struct slice value;
    return ubj_member(tree, name, &value) && ubj_numbers(value, numbers) && numbers->count == count;
}

static bool columns_read(struct slice tree, struct columns *columns)
{
    struct slice value;
    if (!ubj_member(tree, "left_children", &value) || !ubj_numbers(value, &columns->left))
        return false;
    size_t count = columns->left.count;
    return count > 0 && column_read(tree, "right_children", count, &columns->right) &&
           column_read(tree, "split_indices", count, &columns->feature) &&
           column_read(tree, "default_left", count, &columns->missing) &&
           column_read(tree, "split_conditions", count, &columns->number) &&
           column_read(tree, "sum_hessian", count, &columns->cover) &&
           column_read(tree, "split_type", count, &columns->kind);
}

/* A node and all below it; `levels` may still come below. A node that was read before is one that
 * two lead to, or a circle. */
static enum status node_read(struct trees *trees, const struct columns *columns, size_t at,
                             int levels, bool seen[])
{
    double left = ubj_number(&columns->left, at), right = ubj_number(&columns->right, at);
    double feature = ubj_number(&columns->feature, at), kind = ubj_number(&columns->kind, at);
    double number = ubj_number(&columns->number, at), cover = ubj_number(&columns->cover, at);
    double count = (double)columns->left.count;
    struct tree_node *node = &trees->tree.nodes[at];
    *node = (struct tree_node){.number = (float)number, .cover = (float)cover};
    if (seen[at] || !isfinite(node->number) || !isfinite(node->cover))
        return STATUS_INVALID;
    seen[at] = true;
    if (cover <= 0)
        return STATUS_TOO_LARGE;
    if (left == -1)
        return STATUS_OK;
    if (!(left > 0 && left < count) || !(right > 0 && right < count) ||
        !(feature >= 0 && feature < (double)trees->feature_count))
        return STATUS_INVALID;
    if (levels == 0 || kind != 0 || right != left + 1)
        return STATUS_TOO_LARGE;
    node->left = (uint32_t)left;
    node->right = (uint32_t)right;
    node->feature = (uint32_t)feature;
    node->missing_left = ubj_number(&columns->missing, at) != 0;
    enum status status = node_read(trees, columns, node->left, levels - 1, seen);
    return status == STATUS_OK ? node_read(trees, columns, node->right, levels - 1, seen) : status;
}

enum status trees_next(struct trees *trees)
{
    struct slice value;
    struct columns columns;
    if (!ubj_array_next(&trees->rest, &value))
        return ubj_array_ended(&trees->rest) ? STATUS_NOT_FOUND : STATUS_INVALID;
    if (!columns_read(value, &columns))
        return STATUS_INVALID;
    size_t count = columns.left.count;
    struct tree_node *nodes = realloc(trees->tree.nodes, count * sizeof *nodes);
    if (nodes != NULL)
        trees->tree = (struct tree){nodes, count};
    bool *seen = calloc(count, sizeof *seen);
    enum status status = nodes == NULL || seen == NULL
                             ? STATUS_UNAVAILABLE
                             : node_read(trees, &columns, 0, MODEL_TREE_DEPTH_MAX, seen);
    free(seen);
    return status;
}
