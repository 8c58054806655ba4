/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs features`: everybody's features as they could be known at a moment, as CSV.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#include "commands/command.h"
#include "commands/options.h"
#include "commands/toolbox.h"
#include "store/decisions.h"
#include "store/features.h"

enum { READ_MAX = 500 };

static void row_show(const struct uuid *user_id, const struct features *features)
{
    char id[UUID_TEXT_SIZE];
    uuid_format(user_id, id);
    printf("%s", id);
    for (int i = 0; i < FEATURE_COUNT; i++)
        printf(",%" PRId64, features->values[i]);
    printf("\n");
}

/* What a decision of that very moment saw is on record; anything else is folded anew, and so is
 * what was recorded before features were computed as they are now, which the inputs tell. */
static enum status features_known(struct store *store, const struct uuid *user_id, int64_t as_of_us,
                                  struct features *features)
{
    struct decision decision;
    struct person_tiles tiles;
    enum status status = store_decision_at(store, user_id, as_of_us, &decision);
    if (status == STATUS_OK) {
        struct hash inputs = decision_inputs(&decision.features, decision.model, &decision.policy);
        *features = decision.features;
        if (hash_compare(&inputs, &decision.inputs) == 0)
            return STATUS_OK;
    } else if (status != STATUS_NOT_FOUND) {
        return status;
    }
    status = store_tiles_as_of(store, user_id, as_of_us, &tiles);
    if (status == STATUS_OK)
        *features = features_compute(&tiles, features_period_us(as_of_us));
    return status;
}

static enum status show_all(struct store *store, int64_t as_of_us)
{
    struct uuid people[READ_MAX], last = {{0}};
    struct features features;
    size_t count;
    do {
        enum status status = store_people_scan(store, &last, as_of_us, people, READ_MAX, &count);
        assert(status != STATUS_OK || count <= READ_MAX);
        for (size_t i = 0; i < count && status == STATUS_OK; i++) {
            last = people[i];
            status = features_known(store, &people[i], as_of_us, &features);
            if (status == STATUS_OK)
                row_show(&people[i], &features);
            else if (status == STATUS_NOT_FOUND) /* erased meanwhile */
                status = STATUS_OK;
        }
        if (status != STATUS_OK)
            return status;
    } while (count > 0);
    return STATUS_OK;
}

static int everybody_show(int argc, char **argv, struct toolbox *toolbox)
{
    const char *as_of = NULL;
    int64_t as_of_us;
    const struct command_option known[] = {
        {"--as-of", .text = &as_of, .time_us = &as_of_us},
        {0},
    };
    if (!options_read(argc, argv, known, NULL))
        return EX_USAGE;
    if (as_of == NULL)
        return command_misused(argv[0]);
    printf("user_id");
    for (int i = 0; i < FEATURE_COUNT; i++)
        printf(",%s", feature_definitions[i].name);
    printf("\n");
    enum status status = show_all(toolbox->context.store, as_of_us);
    if (status != STATUS_OK) {
        fprintf(stderr, "ecs features: the database cannot be read: %s\n", status_title(status));
        return EX_UNAVAILABLE;
    }
    return EX_OK;
}

int command_features(int argc, char **argv)
{
    return toolbox_with_store(argc, argv, everybody_show);
}
