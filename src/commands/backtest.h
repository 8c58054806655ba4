/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs backtest`: what a policy would have decided on the recorded decisions.
 */
#ifndef ECS_COMMANDS_BACKTEST_H
#define ECS_COMMANDS_BACKTEST_H

#include "commands/backtest_read.h"

struct backtest_options {
    const char *policy_path;
    const char *html_path;  /* NULL: no page */
    const char *model_path; /* NULL: the risks that were recorded */
    int64_t since_us;
};

/* -1: go on; else the exit status, what is wrong or the help being printed. */
int backtest_options_read(int argc, char **argv, struct backtest_options *options);

/* Returns the exit status. `model` may be NULL: the risks that were recorded. */
int command_backtest(const struct backtest_options *options, const struct policy *policy,
                     struct store *const stores[BACKTEST_READERS], struct feature_model *model);

/* What --help prints. */
extern const char backtest_usage[];

#endif
