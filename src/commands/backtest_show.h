/* SPDX-License-Identifier: Apache-2.0
 *
 * A backtest on the terminal.
 */
#ifndef ECS_COMMANDS_BACKTEST_SHOW_H
#define ECS_COMMANDS_BACKTEST_SHOW_H

#include "domain/backtest.h"

/* Prints everything; `took_us` is how long it took to read and weigh. */
void backtest_show(const struct backtest *backtest, int64_t took_us);

#endif
