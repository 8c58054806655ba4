/* SPDX-License-Identifier: Apache-2.0
 *
 * A table -> a model's folder: evaluates the recipe, fits it to all rows, and writes the model, the
 * scorecard beside it, pictures and card.md. docs/training.md tells what is in the folder.
 */
#ifndef ECS_LEARNING_TRAINING_H
#define ECS_LEARNING_TRAINING_H

#include "base/hash.h"
#include "learning/evaluation.h"

struct training_options {
    struct evaluation_options evaluation; /* with the seed of all that is random */
    const char *folder;                   /* made if it is not there; files in it are replaced */
    const char *name;                     /* of the model, up to MODEL_NAME_MAX bytes */
    const char *command;                  /* how to do it again, for the card */
    const char *warnings;                 /* of the data, for the card: a line for each */
};

/* What one part of the model came to. */
struct training_part {
    size_t trees;
    double tree_weight; /* 0 to 1; the logistic part has the rest */
    double penalty;
    enum calibration_form calibration;
};

struct training_report {
    struct evaluation evaluation; /* owned */
    struct training_part parts[2];
    size_t part_count;
    double *importance; /* owned; one a column: mean size of what it adds to the log-odds */
    struct hash hash;   /* of the model */
};

/* training_report_free frees the report. Not OK, with the reason, leaves no report; files may have
 * been written. INVALID: the table is at fault. UNAVAILABLE: a file cannot be
 * written, or memory is out. The same table and options give the same files. */
MUST_CHECK enum status training_run(const struct table *table,
                                    const struct training_options *options,
                                    struct training_report *report, char reason[REASON_MAX + 1]);
void training_report_free(struct training_report *report);

#endif
