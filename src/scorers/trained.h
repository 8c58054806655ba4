/* SPDX-License-Identifier: Apache-2.0
 *
 * Scorer: a model that `ecs train` made, in this process. There is one copy of it for all handles,
 * which take over a new one by themselves, each before its next question.
 *
 * Every trained model that this process ever worked with stands on a shelf, in a folder of its own
 * by its hash, so that nobody changes a model while it decides, and an old one is at hand when its
 * decisions are made again. Decisions name a model NAME@HASH.
 */
#ifndef ECS_SCORERS_TRAINED_H
#define ECS_SCORERS_TRAINED_H

#include <pthread.h>

#include "base/status.h"
#include "limits.h"
#include "ports/scorer.h"

/* Before the name of a model that is asked otherwise, such as its scorecard. */
enum { SHELF_PATH_MAX = 2048, SHELF_PREFIX_MAX = 7 };

/* Where a model stands, and what decisions call it. */
struct shelved_model {
    char folder[SHELF_PATH_MAX + 1];
    char name[MODEL_NAME_MAX + 1];
};

/* Loads the model of a folder ("": the one that is built in), which must be one of features
 * (model/model.h), and puts a copy on the shelf. INVALID or UNAVAILABLE, with the reason:
 * nothing was put there. `shelf` "": there is none, and the model is only checked. */
MUST_CHECK enum status shelved_model_put(const char *shelf, const char *folder,
                                         struct shelved_model *model, char reason[REASON_MAX + 1]);
/* On the shelf, or among those that the binary carries: the built-in model and the retired ones.
 * Writes nothing. NOT_FOUND: no model that decisions name so is there. */
MUST_CHECK enum status shelved_model_find(const char *shelf, const char *name,
                                          struct shelved_model *model);

/* Of a folder, the trees, or the scorecard beside them: the plain model to fall back to, which a
 * person can add up by hand. Decisions name a scorecard POINTS_PREFIX and then the folder's model.
 */
enum trained_form { TRAINED_TREES, TRAINED_POINTS };
#define POINTS_PREFIX "points:"

/* The model that answers now: one for all handles. */
struct trained_source {
    pthread_mutex_t lock;
    _Atomic uint64_t version;
    struct shelved_model model;
    struct trained *loaded; /* the model, or its scorecard; NULL: nothing was published */
};

void trained_source_init(struct trained_source *source);
/* What handles still answer with stays until they are closed. */
void trained_source_close(struct trained_source *source);
/* Loads it. Not OK, with the reason, as model_load_features: the one before goes on answering. */
MUST_CHECK enum status trained_source_publish(struct trained_source *source, enum trained_form form,
                                              const struct shelved_model *model,
                                              char reason[REASON_MAX + 1]);

/* The source outlives the scorer. INVALID: it has published nothing. */
MUST_CHECK enum status scorer_trained_open(struct trained_source *source, struct scorer **scorer);

#endif
