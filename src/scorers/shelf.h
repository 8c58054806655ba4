/* SPDX-License-Identifier: Apache-2.0
 *
 * Every trained model that this process ever worked with, in a folder of its own by its hash, so
 * that nobody changes a model while it decides, and an old one is at hand when its decisions are
 * made again.
 *
 * Decisions name a model NAME@HASH.
 */
#ifndef ECS_SCORERS_SHELF_H
#define ECS_SCORERS_SHELF_H

#include "base/status.h"
#include "limits.h"

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
MUST_CHECK enum status shelf_put(const char *shelf, const char *folder, struct shelved_model *model,
                                 char reason[REASON_MAX + 1]);
/* On the shelf, or among those that the binary carries: the built-in model and the retired ones.
 * Writes nothing. NOT_FOUND: no model that decisions name so is there. */
MUST_CHECK enum status shelf_find(const char *shelf, const char *name, struct shelved_model *model);

#endif
