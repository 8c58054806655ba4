/* SPDX-License-Identifier: Apache-2.0
 *
 * Scorer: a model that `ecs train` made, in this process. Each handle has a copy of its own of the
 * trees; all take over a new model by themselves, each before its next question.
 */
#ifndef ECS_SCORERS_TRAINED_H
#define ECS_SCORERS_TRAINED_H

#include <pthread.h>

#include "ports/scorer.h"
#include "scorers/shelf.h"

/* The model that answers now: one for all handles. */
struct trained_source {
    pthread_mutex_t lock;
    _Atomic uint64_t version;
    struct shelved_model model;
};

void trained_source_init(struct trained_source *source);
void trained_source_publish(struct trained_source *source, const struct shelved_model *model);

/* Of a folder, the trees, or the scorecard beside them: the plain model to fall back to, which a
 * person can add up by hand. Decisions name a scorecard POINTS_PREFIX and then the folder's model.
 */
enum trained_form { TRAINED_TREES, TRAINED_POINTS };
#define POINTS_PREFIX "points:"

/* The source outlives the scorer. INVALID: what it published cannot be read. */
MUST_CHECK enum status scorer_trained_open(struct trained_source *source, enum trained_form form,
                                           struct scorer **scorer);

#endif
