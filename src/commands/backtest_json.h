/* SPDX-License-Identifier: Apache-2.0
 *
 * A backtest as one JSON document, for programs: exact numbers, money in units of currency.
 */
#ifndef ECS_COMMANDS_BACKTEST_JSON_H
#define ECS_COMMANDS_BACKTEST_JSON_H

#include "domain/backtest.h"

/* Prints it on standard output. */
void backtest_json(const struct backtest *backtest, int64_t took_us);

#endif
