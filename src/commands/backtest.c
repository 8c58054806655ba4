/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/backtest.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/steady.h"
#include "base/time_text.h"
#include "commands/backtest_html.h"
#include "commands/backtest_json.h"
#include "commands/backtest_show.h"
#include "commands/report.h"

const char backtest_usage[] =
    "usage: ecs backtest POLICY [--since TIME] [--model FOLDER] [--html FILE]\n"
    "                           [--json]\n\n"
    "Tells what a policy would have made of the recorded decisions: approvals, exposure,\n"
    "expected loss and price, before and after, and which decisions come out differently.\n"
    "Nothing is changed. POLICY is the path of a file, or a built-in policy by name: seed,\n"
    "calibrated, careful or two-loans.\n\n"
    "  --since TIME  only what was decided from then on, like 2026-01-31T12:00:00Z\n"
    "  --model FOLDER  with the risks that this model (ecs train) sees in the recorded features\n"
    "  --html FILE   writes it as a page too\n\n"
    "Exit status: 0 if it could be weighed, 65 if the policy has an error, 66 if it cannot be\n"
    "read, 69 if the database cannot, 73 if the page cannot be written.\n\n"
    "It only reads, beside a running ecs serve too.\n";

int backtest_options_read(int argc, char **argv, struct backtest_options *options)
{
    static const struct option known[] = {{"since", required_argument, NULL, 's'},
                                          {"html", required_argument, NULL, 'w'},
                                          {"model", required_argument, NULL, 'm'},
                                          {0}};
    *options = (struct backtest_options){0};
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (option == 's' && time_parse(optarg, strlen(optarg), &options->since_us) != STATUS_OK) {
            fprintf(stderr, "ecs backtest: --since %s is no time like 2026-01-31T12:00:00Z\n",
                    optarg);
            return EX_USAGE;
        }
        if (option == 'w')
            options->html_path = optarg;
        if (option == 'm')
            options->model_path = optarg;
        if (option == '?')
            return EX_USAGE;
    }
    if (optind == argc - 1) {
        options->policy_path = argv[optind];
        return -1;
    }
    fputs(backtest_usage, stderr);
    return EX_USAGE;
}

static int page_write(const struct backtest *backtest, const char *path)
{
    FILE *file = fopen(path, "w");
    bool written = file != NULL && backtest_html(backtest, file);
    if (file != NULL && fclose(file) != 0)
        written = false;
    if (written)
        return EX_OK;
    fprintf(stderr, "ecs backtest: cannot write %s: %s\n", path, strerror(errno));
    return EX_CANTCREAT;
}

int command_backtest(const struct backtest_options *options, const struct policy *policy,
                     struct store *const stores[BACKTEST_READERS], struct feature_model *model)
{
    struct backtest *backtest = malloc(sizeof *backtest);
    if (backtest == NULL)
        return EX_OSERR;
    backtest_init(backtest, policy);
    int64_t start_us = steady_now_us();
    enum status status = model == NULL
                             ? backtest_read(stores, options->since_us, backtest)
                             : backtest_read_scored(stores, options->since_us, model, backtest);
    int64_t took_us = steady_now_us() - start_us;
    int result = EX_OK;
    if (status != STATUS_OK) {
        fprintf(stderr, "ecs backtest: the database cannot be read: %s\n", status_title(status));
        result = EX_UNAVAILABLE;
    } else {
        if (report_is_json())
            backtest_json(backtest, took_us);
        else
            backtest_show(backtest, took_us);
        if (options->html_path != NULL)
            result = page_write(backtest, options->html_path);
    }
    free(backtest);
    return result;
}
