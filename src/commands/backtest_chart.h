/* SPDX-License-Identifier: Apache-2.0
 *
 * The pictures of a backtest's page, as inline SVG in the colours of the page's style.
 */
#ifndef ECS_COMMANDS_BACKTEST_CHART_H
#define ECS_COMMANDS_BACKTEST_CHART_H

#include <stdint.h>
#include <stdio.h>

#include "domain/backtest.h"

/* Two bars, recorded above candidate, as long as they are of `whole`. */
void chart_bars(FILE *out, int64_t recorded, int64_t candidate, int64_t whole);
/* How many decisions have which risk, how many of them are approved, and where bands end. */
void chart_distribution(FILE *out, const struct backtest *backtest);

#endif
