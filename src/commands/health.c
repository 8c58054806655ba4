/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/health.h"

#include <stdio.h>
#include <sysexits.h>

#include "commands/ask.h"

/* Container engines know only these two. */
enum { READY = 0, NOT_READY = 1 };

const char health_usage[] =
    "usage: ecs health\n\n"
    "Asks the ecs serve that listens on LISTEN for /readyz, prints its answer, and exits with 0 "
    "if\n"
    "it is ready, with 1 if it is not or does not answer. ecs status tells more.\n";

int command_health(int argc, char **argv, const char *listen)
{
    char url[ASK_URL_MAX + 1], fault[ASK_FAULT_MAX + 1];
    struct buf answer;
    (void)argv;
    if (argc > 1) {
        fputs(health_usage, stderr);
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
