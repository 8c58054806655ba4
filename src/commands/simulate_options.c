/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/simulate_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

const char simulate_usage[] =
    "usage: ecs simulate [OPTION VALUE]... [--json]\n\n"
    "Registers people with a running ecs, and sends what they feel and pay. The same seed gives\n"
    "the same people and the same events, each with an id of its own: sent again, none counts\n"
    "twice.\n\n"
    "  --people N     how many people (200)\n"
    "  --days D       days of history, up to now (90)\n"
    "  --rate R       events a second of the history; 0: as fast as it goes (0)\n"
    "  --via HOW      http, or bus: events go to NATS_URL, people are still registered over HTTP\n"
    "  --live R       go on with R events a second, requests for credit among them, until Ctrl-C\n"
    "  --duration S   end the live stream after S seconds\n"
    "  --seed S       another population (1)\n"
    "  --url URL      where ecs serves (http://127.0.0.1:9999)\n\n"
    "INTERNAL_SERVICE_API_KEY is the key of event producers; embedded, it is read from DATA_DIR.\n";

struct number_option {
    const char *name;
    int64_t *value;
    int64_t least;
    int64_t most;
};

/* True if `text` is a number within the option's limits; tells the fault otherwise. */
static bool number_read(const struct number_option *option, const char *text)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end != text && *end == '\0' && errno == 0 && value >= option->least &&
        value <= option->most) {
        *option->value = value;
        return true;
    }
    fprintf(stderr, "ecs simulate: %s is a whole number of %lld to %lld, not %s\n", option->name,
            (long long)option->least, (long long)option->most, text);
    return false;
}

static bool is_option(const char *name)
{
    static const char *const names[] = {"--people",   "--days", "--rate", "--live",
                                        "--duration", "--seed", "--via",  "--url"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool option_read(struct simulate_options *options, const char *name, const char *value)
{
    const struct number_option numbers[] = {
        {"--people", &options->people, 1, SIMULATE_PEOPLE_MAX},
        {"--days", &options->days, 0, 399},
        {"--rate", &options->rate, 0, 1000000},
        {"--live", &options->live, 1, 100000},
        {"--duration", &options->duration_s, 1, 86400},
        {"--seed", &options->seed, 0, INT64_MAX},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (strcmp(name, numbers[i].name) == 0)
            return number_read(&numbers[i], value);
    if (strcmp(name, "--url") == 0) {
        options->url = value;
        return true;
    }
    options->on_bus = strcmp(value, "bus") == 0; /* --via */
    if (options->on_bus || strcmp(value, "http") == 0)
        return true;
    fprintf(stderr, "ecs simulate: --via is http or bus, not %s\n", value);
    return false;
}

int simulate_options_parse(int argc, char **argv, struct simulate_options *options)
{
    *options = (struct simulate_options){
        .people = 200, .days = 90, .seed = 1, .url = "http://127.0.0.1:9999"};
    bool good = true;
    for (int i = 1; i < argc; i++) {
        if (!is_option(argv[i])) {
            fprintf(stderr, "ecs simulate: there is no option %s\n", argv[i]);
            good = false;
        } else if (i + 1 == argc) {
            fprintf(stderr, "ecs simulate: %s needs a value\n", argv[i]);
            good = false;
        } else {
            good &= option_read(options, argv[i], argv[i + 1]);
            i++;
        }
    }
    if (options->duration_s > 0 && options->live == 0) {
        fprintf(stderr, "ecs simulate: --duration is of the live stream: --live is missing\n");
        good = false;
    }
    return good ? -1 : EX_USAGE;
}
