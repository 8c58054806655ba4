/* SPDX-License-Identifier: Apache-2.0
 *
 * How long the built-in model takes for one person's question, with both risks, attributions and,
 * of those who are denied, the nearest approval. usage: scorer FOLDER QUESTIONS
 *
 * Prints "score RATE P50_US P99_US".
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "domain/decision.h"
#include "scorers/trained.h"
#include "simulation/population.h"

enum { PEOPLE = 500 };
static const int64_t as_of_us = 1767268800 * SECOND_US; /* 2026-01-01T12:00:00Z */

static int64_t steady_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return one < other ? -1 : one > other;
}

static void questions_fill(struct question questions[PEOPLE])
{
    static struct person_tiles tiles;
    for (uint32_t i = 0; i < PEOPLE; i++) {
        struct simulated_person person = population_person(1, i);
        population_tiles(&person, as_of_us, &tiles);
        struct features features = features_compute(&tiles, as_of_us);
        questions[i] = (struct question){.features = features,
                                         .guard = GUARD_MAY_ONLY_HELP,
                                         .emotions_known = features_emotions_known(&features),
                                         .approve_to = 600000,
                                         .explain = true};
    }
}

int main(int argc, char **argv)
{
    static struct question questions[PEOPLE];
    static struct trained_source source;
    struct shelved_model model;
    struct scorer *scorer;
    char reason[REASON_MAX + 1];
    size_t count = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    int64_t *took_ns = calloc(count + 1, sizeof *took_ns);
    if (count == 0 || took_ns == NULL ||
        shelved_model_put(argv[1], "", &model, reason) != STATUS_OK)
        return 1;
    trained_source_init(&source);
    if (trained_source_publish(&source, TRAINED_TREES, &model, reason) != STATUS_OK ||
        scorer_trained_open(&source, &scorer) != STATUS_OK)
        return 1;
    questions_fill(questions);
    int64_t start_ns = steady_ns();
    for (size_t i = 0; i < count; i++) {
        struct score score;
        int64_t before_ns = steady_ns();
        if (scorer_score(scorer, &questions[i % PEOPLE], &score) != STATUS_OK)
            return 1;
        took_ns[i] = steady_ns() - before_ns;
    }
    double seconds = (double)(steady_ns() - start_ns) / 1e9;
    qsort(took_ns, count, sizeof *took_ns, by_size);
    printf("score %.0f %.1f %.1f\n", (double)count / seconds, (double)took_ns[count / 2] / 1e3,
           (double)took_ns[count * 99 / 100] / 1e3);
    scorer_close(scorer);
    trained_source_close(&source);
    free(took_ns);
    return 0;
}
