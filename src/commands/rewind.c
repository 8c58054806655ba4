/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs rewind`: a stream's consumers start again at a moment.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "commands/command.h"
#include "commands/options.h"
#include "commands/report.h"
#include "commands/toolbox.h"

static const char usage[] =
    "usage: ecs rewind STREAM --since TIME [--json]\n\n"
    "The consumers of STREAM (emotions, transactions or credits) consume again what was stored\n"
    "at or after TIME (2026-01-31T12:00:00Z), at most 13 days ago. What was counted before does "
    "not\n"
    "count again.\n\n"
    "The embedded log belongs to one process: stop ecs serve first.\n";

/* Those that a role consumes. */
static bool stream_parse(const char *name, enum stream *stream)
{
    static const enum stream consumed[] = {STREAM_EMOTIONS, STREAM_TRANSACTIONS, STREAM_CREDITS};
    for (size_t i = 0; i < sizeof consumed / sizeof consumed[0]; i++) {
        *stream = consumed[i];
        if (strcmp(name, stream_name(*stream)) == 0)
            return true;
    }
    return false;
}

_Static_assert(BUS_REWIND_US_MAX == 13 * DAY_US, "the usage says so");

static int rewind_stream(int argc, char **argv, struct toolbox *toolbox)
{
    const char *name = NULL, *since = NULL;
    enum stream stream;
    int64_t since_us;
    const struct command_option known[] = {
        {"--since", .text = &since, .time_us = &since_us},
        {0},
    };
    if (!options_read(argc, argv, known, &name))
        return EX_USAGE;
    if (name == NULL || since == NULL) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    if (!stream_parse(name, &stream)) {
        fprintf(stderr, "ecs rewind: %s is no stream that is consumed; see --help\n", name);
        return EX_USAGE;
    }
    if (since_us < clock_now_us(toolbox->engines.clock) - BUS_REWIND_US_MAX) {
        fprintf(stderr,
                "ecs rewind: --since %s is more than %lld days ago: what was counted then could "
                "count again, for an event's key is kept for %lld days\n",
                since, BUS_REWIND_US_MAX / DAY_US, EVENT_KEY_LIFE_US / DAY_US);
        return EX_USAGE;
    }
    enum status status = bus_rewind(toolbox->engines.bus, stream, since_us);
    if (status != STATUS_OK) {
        fprintf(stderr, "ecs rewind: the bus cannot be rewound: %s\n", status_title(status));
        return EX_UNAVAILABLE;
    }
    if (report_is_json()) {
        struct buf report;
        report_begin(&report);
        json_put_text(&report, "stream", name);
        json_put_time(&report, "since", since_us);
        report_end(&report);
    } else {
        printf("%s is consumed again since %s\n", name, since);
    }
    return EX_OK;
}

static int run(int argc, char **argv)
{
    return toolbox_with(&(struct needs){.uses = USES_BUS}, argc, argv, rewind_stream);
}

const struct command command_rewind = {
    .name = "rewind",
    .summary = "consume a stream again from a moment on",
    .usage = usage,
    .run = run,
};
