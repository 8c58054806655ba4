/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder of challengers: each subfolder is one, named by it, and holds model/ (written by
 * `ecs train`), policy.json, or both.
 */
#ifndef ECS_ADAPTERS_CHALLENGERS_FOLDER_H
#define ECS_ADAPTERS_CHALLENGERS_FOLDER_H

#include "base/buf.h"
#include "ports/scorer.h"
#include "scorers/trained.h"

struct challengers_folder {
    struct challengers challengers; /* the scorers are its own */
    struct trained_source sources[CHALLENGERS_MAX];
};

/* Reads every challenger. INVALID: `faults` has a line for each that is at fault, and nothing is
 * open. */
MUST_CHECK enum status challengers_folder_open(const char *path, const char *shelf,
                                               struct challengers_folder **folder,
                                               struct buf *faults);
/* NULL is allowed. */
void challengers_folder_close(struct challengers_folder *folder);

#endif
