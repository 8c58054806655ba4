/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/features.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/time_text.h"

enum { READ_MAX = 500 };

const char features_usage[] =
    "usage: ecs features --as-of TIME\n\n"
    "Writes CSV: every person who was registered at TIME (2026-01-31T12:00:00Z), with every\n"
    "feature as it could be known then: nothing that happened later is in it, and nothing that\n"
    "was only heard of later. Whole numbers, in the units of docs/features.md.\n\n"
    "It only reads, beside a running ecs serve too.\n";

static void header_show(void)
{
    printf("user_id");
    for (int i = 0; i < FEATURE_COUNT; i++)
        printf(",%s", feature_definitions[i].name);
    printf("\n");
}

static void row_show(const struct uuid *user_id, const struct features *features)
{
    char id[UUID_TEXT_SIZE];
    uuid_format(user_id, id);
    printf("%s", id);
    for (int i = 0; i < FEATURE_COUNT; i++)
        printf(",%" PRId64, features->values[i]);
    printf("\n");
}

static enum status show_all(struct store *store, int64_t as_of_us)
{
    struct uuid people[READ_MAX], last = {{0}};
    struct person_tiles tiles;
    size_t count;
    do {
        enum status status = store_people_scan(store, &last, as_of_us, people, READ_MAX, &count);
        for (size_t i = 0; i < count && status == STATUS_OK; i++) {
            last = people[i];
            status = store_tiles_as_of(store, &people[i], as_of_us, &tiles);
            if (status == STATUS_NOT_FOUND) /* erased meanwhile */
                status = STATUS_OK;
            else if (status == STATUS_OK) {
                struct features features = features_compute(&tiles, features_period_us(as_of_us));
                row_show(&people[i], &features);
            }
        }
        if (status != STATUS_OK)
            return status;
    } while (count > 0);
    return STATUS_OK;
}

int command_features(int argc, char **argv, struct store *store)
{
    int64_t as_of_us;
    if (argc != 3 || strcmp(argv[1], "--as-of") != 0) {
        fputs(features_usage, stderr);
        return EX_USAGE;
    }
    if (time_parse(argv[2], strlen(argv[2]), &as_of_us) != STATUS_OK) {
        fprintf(stderr, "ecs features: --as-of %s is no time like 2026-01-31T12:00:00Z\n", argv[2]);
        return EX_USAGE;
    }
    header_show();
    enum status status = show_all(store, as_of_us);
    if (status != STATUS_OK) {
        fprintf(stderr, "ecs features: the database cannot be read: %s\n", status_title(status));
        return EX_UNAVAILABLE;
    }
    return ferror(stdout) || fflush(stdout) != 0 ? EX_IOERR : EX_OK;
}
