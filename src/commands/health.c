/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs health`: whether the `ecs serve` beside it can do its work, for container engines.
 */
#include <stdio.h>
#include <sysexits.h>

#include "commands/ask.h"
#include "commands/command.h"
#include "commands/toolbox.h"

/* Container engines know only these two. */
enum { READY = 0, NOT_READY = 1 };

static const char usage[] =
    "usage: ecs health\n\n"
    "Asks the ecs serve that listens on LISTEN for /readyz, prints its answer, and exits with 0 "
    "if\n"
    "it is ready, with 1 if it is not or does not answer. ecs status tells more.\n";

static int health(int argc, char **argv, const char *listen)
{
    char url[ASK_URL_MAX + 1], fault[ASK_FAULT_MAX + 1];
    struct buf answer;
    (void)argv;
    if (argc > 1) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    ask_url_of(listen, url);
    buf_init(&answer, ASK_ANSWER_MAX);
    long status = ask_get(url, "/readyz", &answer, fault);
    if (status == 0)
        fprintf(stderr, "ecs health: %s/readyz: %s\n", url, fault);
    else
        puts(buf_slice(&answer).data);
    buf_free(&answer);
    return status == 200 ? READY : NOT_READY;
}

/* It needs LISTEN alone: it must work beside a server that waits for its engines. */
static int run(int argc, char **argv)
{
    struct toolbox toolbox = {0};
    int result = toolbox_load(&toolbox);
    return result == EX_OK ? health(argc, argv, toolbox.settings.listen) : result;
}

const struct command command_health = {
    .name = "health",
    .summary = "ask the server on LISTEN whether it is ready",
    .usage = usage,
    .run = run,
};
