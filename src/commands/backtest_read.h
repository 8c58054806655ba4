/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision log → a backtest: two threads read and count, each with a handle of its own.
 */
#ifndef ECS_COMMANDS_BACKTEST_READ_H
#define ECS_COMMANDS_BACKTEST_READ_H

#include "domain/backtest.h"
#include "model/feature_model.h"

struct store;

enum { BACKTEST_READERS = 2 };

/* Counts all that was decided at or after `since_us` into `backtest`, which must be initialised.
 * Offers and simulated people are kept in memory meanwhile, 48 to 96 bytes for each. UNAVAILABLE:
 * the database failed, or memory is out. */
MUST_CHECK enum status backtest_read(struct store *const stores[BACKTEST_READERS], int64_t since_us,
                                     struct backtest *backtest);

/* The same, but the candidate weighs what `model`, whose columns are the features, says of what was
 * recorded of them, not the risks that were recorded. INTERNAL too: the model failed. One thread
 * reads; the model takes as many as there are processors. */
MUST_CHECK enum status backtest_read_scored(struct store *const stores[BACKTEST_READERS],
                                            int64_t since_us, struct feature_model *model,
                                            struct backtest *backtest);

#endif
