/* SPDX-License-Identifier: Apache-2.0
 *
 * How good a recipe is on rows that it did not see: the model, the model without emotions, and the
 * scorecard, each fitted anew for each test. A table with times is parted by them, and the last
 * rows are the test; any other is cross-validated, repeatedly.
 */
#ifndef ECS_LEARNING_EVALUATION_H
#define ECS_LEARNING_EVALUATION_H

#include "learning/fit.h"
#include "learning/measures.h"

/* Pieces of work, on every processor that this process may use. A piece must depend on its number
 * alone, so that results do not depend on how many processors there are. */
typedef enum status evaluation_piece(void *context, size_t piece);

/* Does pieces 0 to count - 1, each once and whole in one thread, several at the same time; returns
 * when all are done. Not OK is what a piece returned; pieces that were not begun then are left out.
 */
MUST_CHECK enum status evaluation_spread(size_t count, evaluation_piece *work, void *context);

enum candidate {
    CANDIDATE_MODEL,
    CANDIDATE_SCORECARD,
    CANDIDATE_WITHOUT_EMOTIONS, /* only where a column has the group "emotional" */
    CANDIDATE_COUNT
};

struct evaluation_options {
    size_t folds;      /* 2 to TRAINING_FOLDS_MAX */
    size_t repeats;    /* 1 to TRAINING_REPEATS_MAX */
    double test_share; /* of a table with times: 0 to 1 */
    uint64_t seed;
    /* Told after each fit, by one thread at a time; may be NULL. */
    void (*progress)(void *context, size_t done, size_t total);
    void *context;
    /* Other pieces of work, done at the same time so that no processor waits; may be none. */
    size_t beside_count;
    evaluation_piece *beside;
    void *beside_context;
};

struct evaluation {
    size_t candidates; /* of enum candidate, the first so many */
    size_t tests;      /* folds times repeats, or 1 */
    size_t train_rows; /* of one test, about */
    struct interval measures[CANDIDATE_COUNT][MEASURE_COUNT];
    struct interval gains[CANDIDATE_COUNT]; /* AUC of the model less that of the candidate */
    /* Predictions of each test row by fits that did not see it: of the first repeat. Owned. */
    double *probabilities[CANDIDATE_COUNT];
    size_t *rows; /* of the table */
    uint8_t *positives;
    size_t count;
};

/* `full`, and `without` if there are emotions (else NULL). Not OK, with the reason, leaves nothing
 * behind. INVALID: too few rows, of which the work beside may complain too. */
MUST_CHECK enum status evaluation_run(const struct feature_matrix *full,
                                      const struct feature_matrix *without,
                                      const struct evaluation_options *options,
                                      struct evaluation *evaluation, char reason[REASON_MAX + 1]);
void evaluation_free(struct evaluation *evaluation);

/* Fits a part, and predicts other rows with it: probabilities. */
MUST_CHECK enum status evaluation_predict(const struct feature_matrix *features,
                                          const struct fit *fit, const size_t rows[], size_t count,
                                          double probabilities[]);

#endif
