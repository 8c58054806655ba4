/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/train_predictions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static int row_order(const void *a, const void *b, void *rows)
{
    size_t x = ((const size_t *)rows)[*(const size_t *)a];
    size_t y = ((const size_t *)rows)[*(const size_t *)b];
    return (x > y) - (x < y);
}

static void rows_write(const struct evaluation *evaluation, const size_t places[], FILE *file)
{
    static const char *const names[CANDIDATE_COUNT] = {"model", "scorecard", "without_emotions"};
    fprintf(file, "row,outcome");
    for (size_t c = 0; c < evaluation->candidates; c++)
        fprintf(file, ",%s", names[c]);
    fprintf(file, "\n");
    for (size_t i = 0; i < evaluation->count; i++) {
        size_t place = places[i];
        fprintf(file, "%zu,%d", evaluation->rows[place] + 1, evaluation->positives[place]);
        for (size_t c = 0; c < evaluation->candidates; c++)
            fprintf(file, ",%.6f", evaluation->probabilities[c][place]);
        fprintf(file, "\n");
    }
}

int train_predictions_write(const struct evaluation *evaluation, const char *path)
{
    size_t *places = calloc(evaluation->count, sizeof *places);
    FILE *file = places == NULL ? NULL : fopen(path, "we");
    bool written = file != NULL;
    for (size_t i = 0; written && i < evaluation->count; i++)
        places[i] = i;
    if (written) {
        qsort_r(places, evaluation->count, sizeof *places, row_order, evaluation->rows);
        rows_write(evaluation, places, file);
        written = ferror(file) == 0;
        written = fclose(file) == 0 && written;
    }
    if (!written)
        fprintf(stderr, "ecs train: cannot write %s: %s\n", path, strerror(errno));
    free(places);
    return written ? EX_OK : EX_CANTCREAT;
}
