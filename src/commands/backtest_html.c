/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/backtest_html.h"

bool backtest_html(const struct backtest *backtest, FILE *out)
{
    (void)backtest;
    return ferror(out) == 0;
}
