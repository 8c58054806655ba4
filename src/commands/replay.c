/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs replay`: makes recorded decisions again and tells what comes out differently.
 *
 * Decisions of one person follow each other, but models and policies change seldom: the last of
 * each is kept at hand.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/json_put.h"
#include "commands/command.h"
#include "commands/options.h"
#include "commands/report.h"
#include "commands/toolbox.h"
#include "process/steady.h"
#include "store/log.h"
#include "wire/policy_json.h"

enum { READ_MAX = 500, SHOWN_MAX = 20 };

struct replay {
    struct toolbox *toolbox;
    int64_t since_us;
    bool one; /* only the decision `id` */
    struct uuid id;
    struct scorer *model;
    enum status model_status; /* OK: `model` is open */
    char model_name[MODEL_NAME_MAX + 1];
    struct policy policy;
    enum status policy_status;
    char text[POLICY_BYTES_MAX + 1];
    size_t made, different, missing, random;
    struct buf report; /* with --json: what was found of each */
    struct logged_decision logged[READ_MAX];
};

static enum status model_of(struct replay *replay, const char *name)
{
    if (strcmp(replay->model_name, name) == 0)
        return replay->model_status;
    if (replay->model != NULL)
        scorer_close(replay->model);
    replay->model = NULL;
    snprintf(replay->model_name, sizeof replay->model_name, "%s", name);
    replay->model_status = engines_model_open(&replay->toolbox->engines, name, &replay->model);
    assert(replay->model_status != STATUS_OK || replay->model != NULL);
    return replay->model_status;
}

static enum status policy_of(struct replay *replay, const struct hash *hash)
{
    if (replay->policy_status == STATUS_OK && hash_compare(&replay->policy.hash, hash) == 0)
        return STATUS_OK;
    enum status status = store_policy_read(replay->toolbox->context.store, hash, replay->text);
    struct buf report;
    buf_init(&report, POLICY_REPORT_MAX);
    if (status == STATUS_OK)
        status = policy_parse(slice_of(replay->text), "policy", &replay->policy, &report);
    buf_free(&report);
    replay->policy_status = status;
    return status;
}

/* `count` has one more of its kind. */
static void show(struct replay *replay, size_t *count, const struct decision *decision,
                 const char *what)
{
    char id[UUID_TEXT_SIZE];
    ++*count;
    if (report_is_json()) {
        json_put_open(&replay->report, NULL, '{');
        json_put_uuid(&replay->report, "decision_id", &decision->id);
        json_put_text(&replay->report, "finding", what);
        json_put_close(&replay->report, '}');
    } else if (replay->different + replay->missing <= SHOWN_MAX) {
        uuid_format(&decision->id, id);
        printf("decision %s: %s\n", id, what);
    }
}

/* UNAVAILABLE: the database failed, or the model did. */
static enum status make_again(struct replay *replay, const struct decision *recorded)
{
    enum status status = model_of(replay, recorded->model);
    if (status == STATUS_INVALID) {
        replay->random++;
        return STATUS_OK;
    }
    if (status == STATUS_OK)
        status = policy_of(replay, &recorded->policy);
    if (status == STATUS_NOT_FOUND) {
        show(replay, &replay->missing, recorded, "its model or its policy is not at hand");
        return STATUS_OK;
    }
    struct score score;
    struct question question = decision_question(&recorded->features, &replay->policy);
    if (status == STATUS_OK)
        status = scorer_score(replay->model, &question, &score);
    if (status != STATUS_OK)
        return status;
    struct decision again = {.id = recorded->id,
                             .user_id = recorded->user_id,
                             .decided_at_us = recorded->decided_at_us,
                             .features = recorded->features,
                             .features_version = recorded->features_version};
    decision_make(&again, &replay->policy, &score, &recorded->offer.id);
    const char *difference = decision_difference(recorded, &again);
    if (difference != NULL) {
        again.reasons = reasons_pick_formerly(score.weights, again.approved);
        difference = decision_difference(recorded, &again);
    }
    replay->made++;
    if (difference != NULL)
        show(replay, &replay->different, recorded, difference);
    return STATUS_OK;
}

static enum status replay_all(struct replay *replay)
{
    struct log_place place = {0};
    size_t count;
    do {
        enum status status =
            store_decisions_scan(replay->toolbox->context.store, &place, replay->since_us,
                                 replay->logged, READ_MAX, &count);
        for (size_t i = 0; i < count && status == STATUS_OK; i++) {
            const struct decision *decision = &replay->logged[i].decision;
            place = (struct log_place){decision->user_id, replay->logged[i].position};
            if (!replay->one || uuid_equal(&decision->id, &replay->id))
                status = make_again(replay, decision);
        }
        if (status != STATUS_OK)
            return status;
    } while (count > 0);
    return STATUS_OK;
}

static bool options_parse(int argc, char **argv, struct replay *replay)
{
    const char *decision = NULL;
    const struct command_option known[] = {
        {"--since", .time_us = &replay->since_us},
        {"--decision", .text = &decision},
        {0},
    };
    bool good = options_read(argc, argv, known, NULL);
    replay->one = decision != NULL;
    if (decision == NULL || uuid_parse(decision, strlen(decision), &replay->id) == STATUS_OK)
        return good;
    fprintf(stderr, "ecs replay: --decision %s is no UUID\n", decision);
    return false;
}

static void figures_tell(struct replay *replay, int64_t took_ms)
{
    struct buf *report = &replay->report;
    if (report_is_json()) {
        json_put_close(report, ']');
        json_put_integer(report, "made_again", (int64_t)replay->made);
        json_put_integer(report, "different", (int64_t)replay->different);
        json_put_integer(report, "random_model", (int64_t)replay->random);
        json_put_integer(report, "not_at_hand", (int64_t)replay->missing);
        json_put_decimal(report, "seconds", took_ms, 3);
        report_end(report);
        return;
    }
    printf("%zu decisions made again in %lld.%03lld s: %zu differ\n", replay->made,
           (long long)(took_ms / 1000), (long long)(took_ms % 1000), replay->different);
    if (replay->random > 0)
        printf("%zu were left out: their model never answers the same\n", replay->random);
    if (replay->missing > 0)
        printf("%zu were left out: their model or their policy is not at hand\n", replay->missing);
}

static int result_of(const struct replay *replay)
{
    assert(replay->different <= replay->made);
    if (replay->one && replay->made + replay->random + replay->missing == 0) {
        fprintf(stderr, "ecs replay: there is no such decision\n");
        return EX_NOINPUT;
    }
    return replay->different > 0 ? EX_DATAERR : replay->missing > 0 ? EX_NOINPUT : EX_OK;
}

static int replay_decisions(int argc, char **argv, struct toolbox *toolbox)
{
    struct replay *replay = calloc(1, sizeof *replay);
    if (replay == NULL)
        return EX_OSERR;
    replay->toolbox = toolbox;
    replay->policy_status = STATUS_NOT_FOUND;
    int result = EX_USAGE;
    if (options_parse(argc, argv, replay)) {
        int64_t start_ms = steady_now_us() / 1000;
        report_begin(&replay->report);
        json_put_open(&replay->report, "findings", '[');
        enum status status = replay_all(replay);
        figures_tell(replay, steady_now_us() / 1000 - start_ms);
        result = result_of(replay);
        if (status != STATUS_OK) {
            fprintf(stderr, "ecs replay: stopped: %s\n", status_title(status));
            result = EX_UNAVAILABLE;
        }
    }
    if (replay->model != NULL)
        scorer_close(replay->model);
    buf_free(&replay->report);
    free(replay);
    return result;
}

int command_replay(int argc, char **argv)
{
    return toolbox_with_store(argc, argv, replay_decisions);
}
