/* SPDX-License-Identifier: Apache-2.0 */
#include "model/shapley.h"

#include <assert.h>
#include <stdint.h>

#include "limits.h"

/* A feature that was met on the way down. `zero` is the share of rows that come through if it is
 * not known; `one` is 1 if the row itself comes through, else 0. `weight` belongs to a place, not
 * to its feature: of the orders in which so many features become known, what they weigh. */
struct met {
    float zero, one, weight;
    size_t place;
};

struct path {
    uint32_t last; /* index of the last one */
    struct met met[MODEL_TREE_DEPTH_MAX + 1];
};

static void path_extend(struct path *path, struct met met)
{
    struct met *all = path->met;
    uint32_t last = path->last;
    float all_orders = (float)(last + 1);
    assert(last <= MODEL_TREE_DEPTH_MAX);
    all[last] = met;
    all[last].weight = last == 0 ? 1 : 0;
    for (uint32_t i = last; i-- > 0;) {
        all[i + 1].weight += met.one * all[i].weight * (float)(i + 1) / all_orders;
        all[i].weight = met.zero * all[i].weight * (float)(last - i) / all_orders;
    }
}

/* Takes back the extension by the feature at `index`. */
static void path_retract(struct path *path, uint32_t index)
{
    struct met *all = path->met;
    uint32_t last = path->last;
    float one = all[index].one, zero = all[index].zero, next = all[last].weight;
    float all_orders = (float)(last + 1);
    assert(index > 0 && index <= last);
    for (uint32_t i = last; i-- > 0;) {
        if (one != 0) {
            float before = all[i].weight;
            all[i].weight = next * all_orders / ((float)(i + 1) * one);
            next = before - all[i].weight * zero * (float)(last - i) / all_orders;
        } else {
            all[i].weight = all[i].weight * all_orders / (zero * (float)(last - i));
        }
    }
    for (uint32_t i = index; i < last; i++) {
        float weight = all[i].weight;
        all[i] = all[i + 1];
        all[i].weight = weight;
    }
    path->last--;
}

/* The sum of the weights that taking back the extension by the feature at `index` would leave. */
static float path_rest(const struct path *path, uint32_t index)
{
    const struct met *all = path->met;
    uint32_t last = path->last;
    float one = all[index].one, zero = all[index].zero, next = all[last].weight;
    float all_orders = (float)(last + 1), total = 0;
    for (uint32_t i = last; i-- > 0;) {
        float share = (float)(last - i) / all_orders;
        if (one != 0) {
            float weight = next * all_orders / ((float)(i + 1) * one);
            total += weight;
            next = all[i].weight - weight * zero * share;
        } else {
            total += all[i].weight / zero / share;
        }
    }
    return total;
}

/* Takes the feature at `place` out of the path, if it is there, and gives what it was. */
static struct met path_take(struct path *path, size_t place)
{
    for (uint32_t i = 1; i <= path->last; i++) {
        struct met met = path->met[i];
        if (met.place != place)
            continue;
        path_retract(path, i);
        return met;
    }
    return (struct met){.zero = 1, .one = 1, .place = place};
}

void shapley_add(const struct shapley_step steps[], size_t count, unsigned taken, float says,
                 float sums[])
{
    struct path path = {0};
    assert(count <= MODEL_TREE_DEPTH_MAX);
    path_extend(&path, (struct met){.zero = 1, .one = 1}); /* the beginning, which is no feature */
    for (size_t i = 0; i < count; i++) {
        struct met met = path_take(&path, steps[i].place);
        met.zero = steps[i].share * met.zero;
        met.one = taken >> i & 1 ? met.one : 0;
        path.last++;
        path_extend(&path, met);
    }
    for (uint32_t i = 1; i <= path.last; i++) {
        const struct met *met = &path.met[i];
        sums[met->place] += path_rest(&path, i) * (met->one - met->zero) * says;
    }
}
