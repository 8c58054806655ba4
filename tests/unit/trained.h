/* SPDX-License-Identifier: Apache-2.0
 *
 * A model trained on the synthetic population, in a folder of its own.
 */
#ifndef ECS_TESTS_UNIT_TRAINED_H
#define ECS_TESTS_UNIT_TRAINED_H

#include <stdlib.h>
#include <unistd.h>

#include "learning/training.h"
#include "synthetic.h"

static inline void trained_folder(char folder[32])
{
    snprintf(folder, 32, "/tmp/ecs-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
}

static inline void trained_remove(const char *folder)
{
    static const char *const names[] = {
        "manifest.json", "scorecard.json",  "trees.ubj",  "trees-without-emotions.ubj",
        "roc.svg",       "calibration.svg", "scores.svg", "importance.svg",
        "card.md",
    };
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(folder), 0);
}

/* The report is the caller's, to be freed. */
static inline enum status trained_run(const struct table *table, const char *folder, uint64_t seed,
                                      struct training_report *report, char reason[REASON_MAX + 1])
{
    const struct training_options options = {
        .evaluation = {.folds = 3, .repeats = 1, .test_share = 0.25, .seed = seed},
        .folder = folder,
        .name = "synthetic",
        .command = "a test",
        .warnings = "",
    };
    return training_run(table, &options, report, reason);
}

#endif
