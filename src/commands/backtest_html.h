/* SPDX-License-Identifier: Apache-2.0
 *
 * A backtest as one page that needs nothing beside it: no script, no font, no picture.
 */
#ifndef ECS_COMMANDS_BACKTEST_HTML_H
#define ECS_COMMANDS_BACKTEST_HTML_H

#include <stdbool.h>
#include <stdio.h>

#include "base/status.h"
#include "domain/backtest.h"

/* False: not all could be written, and errno says why. */
MUST_CHECK bool backtest_html(const struct backtest *backtest, FILE *out);

#endif
