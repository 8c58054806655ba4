/* SPDX-License-Identifier: Apache-2.0
 *
 * Pieces of work, on every processor that this process may use. A piece must depend on its number
 * alone, so that results do not depend on how many processors there are.
 */
#ifndef ECS_LEARNING_PARALLEL_H
#define ECS_LEARNING_PARALLEL_H

#include <stddef.h>

#include "base/status.h"

typedef enum status parallel_work(void *context, size_t piece);

/* Does pieces 0 to count - 1, each once and whole in one thread, several at the same time; returns
 * when all are done. Not OK is what a piece returned; pieces that were not begun then are left out.
 */
MUST_CHECK enum status parallel_run(size_t count, parallel_work *work, void *context);

#endif
