/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/split.h"

#include <stdlib.h>

#include "learning/random.h"

enum status split_folds(const struct table *table, const size_t rows[], size_t count, size_t folds,
                        uint64_t seed, uint8_t folds_of[])
{
    struct random random = {seed};
    size_t next = 0;
    size_t *places = calloc(count + 1, sizeof *places);
    if (places == NULL)
        return STATUS_UNAVAILABLE;
    for (int positive = 0; positive <= 1; positive++) {
        size_t found = 0;
        for (size_t i = 0; i < count; i++)
            if (table->positives[rows[i]] == positive)
                places[found++] = i;
        random_shuffle(&random, places, found);
        /* The second deal goes on where the first one ended, so that sizes stay even. */
        for (size_t i = 0; i < found; i++)
            folds_of[places[i]] = (uint8_t)(next++ % folds);
    }
    free(places);
    return STATUS_OK;
}

static int time_order(const void *a, const void *b, void *context)
{
    const int64_t *times_us = context;
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    if (times_us[x] != times_us[y])
        return times_us[x] > times_us[y] ? 1 : -1;
    return (x > y) - (x < y);
}

void split_by_time(const struct table *table, double test_share, size_t order[], size_t *train)
{
    size_t count = table->row_count;
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    qsort_r(order, count, sizeof *order, time_order, table->times_us);
    size_t cut = (size_t)((double)count * (1 - test_share));
    while (cut > 0 && cut < count && table->times_us[order[cut]] == table->times_us[order[cut - 1]])
        cut--;
    *train = cut;
}
