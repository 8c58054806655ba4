/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/auc.h"

#include <assert.h>

#include "limits.h"

/* Puts cases[root] in its place in the heap below it: the greatest score comes first. */
static void sift(struct auc_case cases[], size_t root, size_t count)
{
    assert(root < count);
    struct auc_case moved = cases[root];
    for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && cases[child + 1].score > cases[child].score)
            child++;
        if (cases[child].score <= moved.score)
            break;
        cases[root] = cases[child];
        root = child;
    }
    cases[root] = moved;
}

/* Heapsort: in place, n log n at worst, and the domain has no library's sort. */
static void sort(struct auc_case cases[], size_t count)
{
    for (size_t i = count / 2; i > 0; i--)
        sift(cases, i - 1, count);
    for (size_t end = count; end > 1; end--) {
        struct auc_case greatest = cases[0];
        cases[0] = cases[end - 1];
        cases[end - 1] = greatest;
        sift(cases, 0, end - 1);
    }
}

int32_t auc_of(struct auc_case cases[], size_t count)
{
    __int128 doubled = 0; /* pairs won count 2, ties 1 */
    int64_t misses = 0, hits = 0;
    sort(cases, count);
    for (size_t i = 0; i < count;) {
        int64_t tied_hits = 0, tied_misses = 0;
        for (int64_t score = cases[i].score; i < count && cases[i].score == score; i++)
            cases[i].hit ? tied_hits++ : tied_misses++;
        doubled += (__int128)tied_hits * (2 * misses + tied_misses);
        hits += tied_hits;
        misses += tied_misses;
    }
    __int128 pairs = (__int128)hits * misses;
    assert((size_t)(hits + misses) == count && doubled >= 0 && doubled <= 2 * pairs);
    return pairs == 0 ? MILLIONTHS / 2 : (int32_t)((doubled * MILLIONTHS + pairs) / (2 * pairs));
}
