/* SPDX-License-Identifier: Apache-2.0
 *
 * What models that did not see a row say of it -> CSV.
 */
#ifndef ECS_COMMANDS_TRAIN_PREDICTIONS_H
#define ECS_COMMANDS_TRAIN_PREDICTIONS_H

#include "learning/evaluation.h"

/* Replaces the file. A line for each row that was tested on, in the order of the data; rows count
 * from 1. Returns an exit status of sysexits.h, having told why it is not EX_OK. */
int train_predictions_write(const struct evaluation *evaluation, const char *path);

#endif
