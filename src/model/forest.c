/* SPDX-License-Identifier: Apache-2.0 */
#include "model/forest.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "model/shapley.h"

enum {
    CELLS_MAX = 256,    /* of a piece */
    AXES_MAX = 8,       /* of a piece: each has two ranges at least */
    EDGES_MAX = 255,    /* of a piece: each adds one range at least */
    ROWS_AT_ONCE = 4,   /* compared with an edge by few instructions */
    NOWHERE = AXES_MAX, /* no axis */
    LEAVES_MAX = 1 << MODEL_TREE_DEPTH_MAX
};

/* Where a range ends and the next begins: a row whose value is at the edge or beyond is `stride`
 * cells further on. A feature's value stands in two slots, which differ if it is missing: in the
 * first it is then beyond all edges, in the second before them. */
struct edge {
    float at;
    uint16_t slot;
    uint16_t stride;
};

struct piece {
    uint16_t edges, features, cells;
};

/* What belongs to a piece lies behind what belongs to the one before it. */
struct forest {
    float margin;
    size_t feature_count;
    size_t slot_count; /* the features, once or twice */
    struct forest_counts {
        size_t pieces, edges, features, cells, additions;
    } counts;
    struct edge *edges; /* owns the arrays below too, which go from the wide to the narrow */
    float *says;        /* of each cell */
    float *additions;   /* of each cell, and in it of each feature */
    struct piece *pieces;
    uint16_t *features; /* of each piece */
};

/* A piece that is being worked out. */
struct draft {
    size_t axes, edges, features, cells, leaves;
    struct draft_axis {
        uint16_t slot;
        size_t edges, stride;
    } axis[AXES_MAX];
    struct edge edge[EDGES_MAX];
    uint8_t edge_axis[EDGES_MAX];
    uint16_t feature[AXES_MAX];
};

/* What a leaf adds by each feature of the draft, for each set of the steps to it that a row takes.
 */
struct leaf {
    float adds[1 << MODEL_TREE_DEPTH_MAX][AXES_MAX];
};

struct builder {
    struct forest *forest;
    struct trees trees;
    struct node { /* of the tree at hand, what the draft has of it */
        bool counts;
        uint8_t edge, place; /* of a node that parts rows */
        uint8_t leaf;        /* index of a leaf */
    } * nodes;
    struct leaf *leaves; /* LEAVES_MAX */
    struct forest_counts done;
    struct draft draft;
};

static size_t bytes_of(const struct forest_counts *counts)
{
    return counts->pieces * sizeof(struct piece) + counts->edges * sizeof(struct edge) +
           (counts->cells + counts->additions) * sizeof(float) +
           counts->features * sizeof(uint16_t);
}

static uint16_t slot_of(struct forest *forest, const struct tree_node *node)
{
    if (!node->missing_left)
        return (uint16_t)node->feature;
    forest->slot_count = 2 * forest->feature_count;
    return (uint16_t)(forest->feature_count + node->feature);
}

/* The axis of the slot, added if there is none yet; NOWHERE: there are too many. */
static size_t axis_take(struct draft *draft, uint16_t slot)
{
    size_t axis = 0;
    while (axis < draft->axes && draft->axis[axis].slot != slot)
        axis++;
    if (axis == draft->axes && axis < AXES_MAX)
        draft->axis[draft->axes++] = (struct draft_axis){.slot = slot};
    return axis;
}

/* False: that would be too many cells. */
static bool edge_take(struct draft *draft, uint16_t slot, float at, uint8_t *edge)
{
    size_t axis = axis_take(draft, slot);
    if (axis == NOWHERE)
        return false;
    for (size_t i = 0; i < draft->edges; i++) {
        *edge = (uint8_t)i;
        if (draft->edge_axis[i] == axis && draft->edge[i].at == at)
            return true;
    }
    size_t ranges = ++draft->axis[axis].edges;
    draft->cells = draft->cells / ranges * (ranges + 1);
    if (draft->cells > CELLS_MAX)
        return false;
    assert(draft->edges < EDGES_MAX);
    *edge = (uint8_t)draft->edges;
    draft->edge_axis[draft->edges] = (uint8_t)axis;
    draft->edge[draft->edges++] = (struct edge){.at = at, .slot = slot};
    return true;
}

static uint8_t feature_take(struct draft *draft, uint32_t feature)
{
    uint8_t place = 0;
    while (place < draft->features && draft->feature[place] != feature)
        place++;
    assert(place < AXES_MAX);
    if (place == draft->features)
        draft->feature[draft->features++] = (uint16_t)feature;
    return place;
}

/* Takes up the nodes that count, from `at` down. False: they make too many cells. */
static bool nodes_take(struct builder *builder, uint32_t at)
{
    const struct tree_node *node = &builder->trees.tree.nodes[at];
    struct draft *draft = &builder->draft;
    if (!builder->nodes[at].counts || node->left == 0)
        return true;
    if (!edge_take(draft, slot_of(builder->forest, node), node->number, &builder->nodes[at].edge))
        return false;
    builder->nodes[at].place = feature_take(draft, node->feature);
    return nodes_take(builder, node->left) && nodes_take(builder, node->right);
}

/* False: the nodes that count make too many cells. */
static bool draft_make(struct builder *builder)
{
    struct draft *draft = &builder->draft;
    *draft = (struct draft){.cells = 1};
    if (!nodes_take(builder, 0))
        return false;
    size_t stride = 1;
    for (size_t i = 0; i < draft->axes; i++) {
        draft->axis[i].stride = stride;
        stride *= draft->axis[i].edges + 1;
    }
    assert(stride == draft->cells);
    for (size_t i = 0; i < draft->edges; i++)
        draft->edge[i].stride = (uint16_t)draft->axis[draft->edge_axis[i]].stride;
    return true;
}

/* True if the rows of the cell are at the edge or beyond it. */
static bool cell_beyond(const struct draft *draft, size_t cell, size_t edge)
{
    size_t axis = draft->edge_axis[edge], before = 0;
    for (size_t i = 0; i < draft->edges; i++)
        if (draft->edge_axis[i] == axis && draft->edge[i].at < draft->edge[edge].at)
            before++;
    return cell / draft->axis[axis].stride % (draft->axis[axis].edges + 1) > before;
}

/* Works out the leaves that count, from `at` down; `steps` lead there. */
static void leaves_work_out(struct builder *builder, uint32_t at, struct shapley_step steps[],
                            size_t count)
{
    const struct tree_node *nodes = builder->trees.tree.nodes, *node = &nodes[at];
    if (!builder->nodes[at].counts)
        return;
    if (node->left == 0) {
        size_t leaf = builder->draft.leaves++;
        assert(leaf < LEAVES_MAX);
        builder->nodes[at].leaf = (uint8_t)leaf;
        for (unsigned taken = 0; taken < 1U << count; taken++) {
            float *adds = builder->leaves[leaf].adds[taken];
            memset(adds, 0, sizeof builder->leaves[leaf].adds[taken]);
            shapley_add(steps, count, taken, node->number, adds);
        }
        return;
    }
    steps[count].place = builder->nodes[at].place;
    steps[count].share = nodes[node->left].cover / node->cover;
    leaves_work_out(builder, node->left, steps, count + 1);
    steps[count].share = nodes[node->right].cover / node->cover;
    leaves_work_out(builder, node->right, steps, count + 1);
}

struct cell {
    bool beyond[EDGES_MAX]; /* are its rows at the edge or beyond it? */
    float says;             /* 0 if the leaf that they come to does not count */
    float *adds;
};

/* Adds up the leaves that count, from `at` down, the rows' own way first, as XGBoost does. Of the
 * `depth` steps that lead there, rows of the cell take those in `taken`. */
static void leaves_add(const struct builder *builder, uint32_t at, unsigned depth, unsigned taken,
                       struct cell *cell)
{
    const struct tree_node *node = &builder->trees.tree.nodes[at];
    const struct node *drafted = &builder->nodes[at];
    if (!drafted->counts)
        return;
    if (node->left == 0) {
        const float *adds = builder->leaves[drafted->leaf].adds[taken];
        for (size_t i = 0; i < builder->draft.features; i++)
            cell->adds[i] += adds[i];
        if (taken == (1U << depth) - 1)
            cell->says = node->number;
        return;
    }
    bool right = cell->beyond[drafted->edge];
    unsigned further = taken | 1U << depth;
    leaves_add(builder, right ? node->right : node->left, depth + 1, further, cell);
    leaves_add(builder, right ? node->left : node->right, depth + 1, taken, cell);
}

/* False: a number is not finite. */
static bool cell_fill(struct builder *builder, size_t number)
{
    const struct draft *draft = &builder->draft;
    struct forest *forest = builder->forest;
    struct cell cell = {.adds =
                            forest->additions + builder->done.additions + number * draft->features};
    bool finite = true;
    for (size_t i = 0; i < draft->edges; i++)
        cell.beyond[i] = cell_beyond(draft, number, i);
    leaves_add(builder, 0, 0, 0, &cell);
    forest->says[builder->done.cells + number] = cell.says;
    for (size_t i = 0; i < draft->features; i++)
        finite &= isfinite(cell.adds[i]);
    return finite;
}

static enum status piece_fill(struct builder *builder)
{
    const struct draft *draft = &builder->draft;
    struct forest *forest = builder->forest;
    forest->pieces[builder->done.pieces] =
        (struct piece){(uint16_t)draft->edges, (uint16_t)draft->features, (uint16_t)draft->cells};
    memcpy(forest->edges + builder->done.edges, draft->edge, draft->edges * sizeof draft->edge[0]);
    memcpy(forest->features + builder->done.features, draft->feature,
           draft->features * sizeof draft->feature[0]);
    leaves_work_out(builder, 0, (struct shapley_step[MODEL_TREE_DEPTH_MAX]){0}, 0);
    for (size_t cell = 0; cell < draft->cells; cell++)
        if (!cell_fill(builder, cell))
            return STATUS_TOO_LARGE;
    return STATUS_OK;
}

/* The first time, there is no memory yet, and only what it takes is counted. */
static enum status piece_add(struct builder *builder)
{
    const struct draft *draft = &builder->draft;
    struct forest_counts *done = &builder->done;
    enum status status = builder->forest->edges == NULL ? STATUS_OK : piece_fill(builder);
    done->pieces++;
    done->edges += draft->edges;
    done->features += draft->features;
    done->cells += draft->cells;
    done->additions += draft->cells * draft->features;
    return bytes_of(done) > MODEL_TABLES_MAX ? STATUS_TOO_LARGE : status;
}

static void nodes_count(struct builder *builder, uint32_t at, bool counts)
{
    const struct tree_node *node = &builder->trees.tree.nodes[at];
    builder->nodes[at].counts = counts;
    if (node->left == 0)
        return;
    nodes_count(builder, node->left, counts);
    nodes_count(builder, node->right, counts);
}

/* Makes a piece of the leaves below a node, or several; the nodes above it count already. */
static enum status pieces_cut(struct builder *builder, uint32_t at)
{
    const struct tree_node *node = &builder->trees.tree.nodes[at];
    nodes_count(builder, at, true);
    bool whole = draft_make(builder);
    enum status status = whole             ? piece_add(builder)
                         : node->left == 0 ? STATUS_TOO_LARGE
                                           : STATUS_OK;
    nodes_count(builder, at, false);
    if (whole || status != STATUS_OK)
        return status;
    builder->nodes[at].counts = true;
    status = pieces_cut(builder, node->left);
    if (status == STATUS_OK)
        status = pieces_cut(builder, node->right);
    builder->nodes[at].counts = false;
    return status;
}

static enum status tree_add(struct builder *builder)
{
    builder->nodes = calloc(builder->trees.tree.count, sizeof *builder->nodes);
    if (builder->nodes == NULL)
        return STATUS_UNAVAILABLE;
    enum status status = pieces_cut(builder, 0);
    free(builder->nodes);
    return status;
}

/* Goes through all trees once. */
static enum status trees_add(struct builder *builder, struct slice bytes)
{
    struct trees *trees = &builder->trees;
    enum status status = trees_open(bytes, trees);
    builder->forest->margin = trees->margin;
    builder->forest->feature_count = builder->forest->slot_count = trees->feature_count;
    builder->done = (struct forest_counts){0};
    if (status != STATUS_OK)
        return status;
    while ((status = trees_next(trees)) == STATUS_OK && (status = tree_add(builder)) == STATUS_OK)
        ;
    trees_close(trees);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status memory_take(struct forest *forest, const struct forest_counts *counts)
{
    void *memory = calloc(1, bytes_of(counts) + 1);
    if (memory == NULL)
        return STATUS_UNAVAILABLE;
    forest->counts = *counts;
    forest->edges = memory;
    forest->says = (float *)(forest->edges + counts->edges);
    forest->additions = forest->says + counts->cells;
    forest->pieces = (struct piece *)(forest->additions + counts->additions);
    forest->features = (uint16_t *)(forest->pieces + counts->pieces);
    return STATUS_OK;
}

enum status forest_build(struct slice trees, struct forest **built)
{
    struct forest *forest = calloc(1, sizeof *forest);
    struct builder builder = {.forest = forest, .leaves = malloc(LEAVES_MAX * sizeof(struct leaf))};
    enum status status = STATUS_UNAVAILABLE;
    if (forest != NULL && builder.leaves != NULL)
        status = trees_add(&builder, trees);
    if (status == STATUS_OK) {
        struct forest_counts counts = builder.done;
        status = memory_take(forest, &counts);
    }
    if (status == STATUS_OK)
        status = trees_add(&builder, trees);
    free(builder.leaves);
    if (status == STATUS_OK)
        *built = forest;
    else
        forest_free(forest);
    return status;
}

void forest_free(struct forest *forest)
{
    if (forest != NULL)
        free(forest->edges);
    free(forest);
}

size_t forest_feature_count(const struct forest *forest)
{
    return forest->feature_count;
}

/* Rows side by side, slot by slot. The places beyond the last row have it again. */
static void slots_fill(const struct forest *forest, const float rows[], size_t count, float slots[])
{
    size_t width = forest->feature_count;
    for (size_t i = 0; i < ROWS_AT_ONCE; i++) {
        const float *row = rows + (i < count ? i : count - 1) * width;
        for (size_t k = 0; k < forest->slot_count; k++) {
            float value = row[k % width];
            slots[k * ROWS_AT_ONCE + i] = !isnan(value) ? value : k < width ? INFINITY : -INFINITY;
        }
    }
}

static void additions_add(const float adds[], const uint16_t features[], size_t count, float row[])
{
    for (size_t i = 0; i < count; i++)
        row[features[i]] += adds[i];
}

/* Of up to ROWS_AT_ONCE rows. Each sum is made in the trees' order, as XGBoost makes it. */
static void slots_ask(const struct forest *forest, const float slots[], size_t count,
                      float log_odds[], float additions[])
{
    const struct edge *edge = forest->edges;
    const uint16_t *features = forest->features;
    const float *says = forest->says, *adds = forest->additions;
    float sums[ROWS_AT_ONCE];
    for (size_t i = 0; i < ROWS_AT_ONCE; i++)
        sums[i] = forest->margin;
    for (size_t p = 0; p < forest->counts.pieces; p++) {
        const struct piece *piece = &forest->pieces[p];
        int32_t cell[ROWS_AT_ONCE] = {0};
        for (const struct edge *end = edge + piece->edges; edge < end; edge++)
            for (size_t i = 0; i < ROWS_AT_ONCE; i++)
                cell[i] += -(slots[edge->slot * ROWS_AT_ONCE + i] >= edge->at) & edge->stride;
        for (size_t i = 0; i < ROWS_AT_ONCE; i++)
            sums[i] += says[cell[i]];
        for (size_t i = 0; additions != NULL && i < count; i++)
            additions_add(adds + cell[i] * piece->features, features, piece->features,
                          additions + i * forest->feature_count);
        says += piece->cells;
        adds += (size_t)piece->cells * piece->features;
        features += piece->features;
    }
    memcpy(log_odds, sums, count * sizeof sums[0]);
}

enum status forest_ask(const struct forest *forest, const float rows[], size_t count,
                       float log_odds[], float additions[])
{
    size_t width = forest->feature_count;
    float *slots = malloc(forest->slot_count * ROWS_AT_ONCE * sizeof *slots);
    if (slots == NULL)
        return STATUS_UNAVAILABLE;
    if (additions != NULL)
        memset(additions, 0, count * width * sizeof *additions);
    for (size_t done = 0, some; done < count; done += some) {
        some = count - done < ROWS_AT_ONCE ? count - done : ROWS_AT_ONCE;
        slots_fill(forest, rows + done * width, some, slots);
        slots_ask(forest, slots, some, log_odds + done,
                  additions == NULL ? NULL : additions + done * width);
    }
    free(slots);
    return STATUS_OK;
}
