/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs verify-log`: proves that no decision was altered, put in or taken out.
 *
 * Three walks: over the decisions, person by person; over the log of heads, shard by shard, whose
 * ends are read first, so that what is added meanwhile is no fault; over the policies.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/json_put.h"
#include "base/time_text.h"
#include "commands/command.h"
#include "commands/report.h"
#include "commands/toolbox.h"
#include "domain/decision_log.h"
#include "store/log.h"

enum { READ_MAX = 500, POLICIES_TOLD_MAX = 64, LINE_SIZE = 256 };

struct verification {
    struct store *store;
    size_t decisions;
    size_t faults;
    size_t erased;
    struct log_shard shards[LOG_SHARDS_ALL];
    size_t shard_count;
    struct hash policies[POLICIES_TOLD_MAX]; /* that are missing, and told so */
    size_t policy_count;
    struct logged_decision logged[READ_MAX];
    struct log_head heads[READ_MAX];
    char text[POLICY_BYTES_MAX + 1];
    struct buf report; /* with --json: every finding */
};

static const char *const fault_words[] = {
    [CHAIN_ALTERED] = "was altered",
    [CHAIN_BROKEN] = "does not follow the one before it",
    [CHAIN_UNLINKED] = "has no entry",
    [CHAIN_FORGED] = "is not what the log has in its place",
    [CHAIN_CUT_SHORT] = "decisions are missing at the end",
    [CHAIN_UNLOGGED] = "the last decision is not the one that was recorded",
};

/* A line for a person, or a finding for a program; `count` has one more of its kind. */
__attribute__((format(printf, 3, 4))) static void tell(struct verification *verification,
                                                       size_t *count, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    assert(size > 0 && (size_t)size < sizeof line);
    if (report_is_json())
        json_put_text(&verification->report, NULL, line);
    else
        puts(line);
    ++*count;
}

static void tell_decision(struct verification *verification, const struct decision *decision,
                          enum chain_fault fault)
{
    char id[UUID_TEXT_SIZE], user_id[UUID_TEXT_SIZE], time[TIME_TEXT_SIZE];
    if (fault == CHAIN_SOUND)
        return;
    uuid_format(&decision->id, id);
    uuid_format(&decision->user_id, user_id);
    time_format(decision->decided_at_us, time);
    tell(verification, &verification->faults, "decision %s of %s, user %s: %s", id, time, user_id,
         fault_words[fault]);
}

static void tell_person(struct verification *verification, const struct uuid *user_id,
                        enum chain_fault fault)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(user_id, text);
    if (fault != CHAIN_SOUND)
        tell(verification, &verification->faults, "user %s: %s", text, fault_words[fault]);
}

static void tell_policy(struct verification *verification, const struct hash *hash,
                        const char *what)
{
    char text[HASH_TEXT_SIZE];
    hash_format(hash, text);
    tell(verification, &verification->faults, "policy %s: %s", text, what);
}

static void policy_miss(struct verification *verification, const struct hash *hash)
{
    assert(verification->policy_count <= POLICIES_TOLD_MAX);
    for (size_t i = 0; i < verification->policy_count; i++)
        if (hash_compare(&verification->policies[i], hash) == 0)
            return;
    if (verification->policy_count < POLICIES_TOLD_MAX)
        verification->policies[verification->policy_count++] = *hash;
    tell_policy(verification, hash, "decided, and its text is missing");
}

static void decision_check(struct verification *verification, struct chain_walk *walk,
                           const struct logged_decision *logged)
{
    static const struct hash none;
    enum chain_fault ended, fault;
    struct uuid before = walk->user_id;
    chain_walk_step(walk, &logged->decision, &logged->head, logged->logged, &ended, &fault);
    tell_person(verification, &before, ended);
    tell_decision(verification, &logged->decision, fault);
    /* Policies are kept for as long as there is a log. */
    if (!logged->policy_kept && hash_compare(&logged->decision.entry, &none) != 0)
        policy_miss(verification, &logged->decision.policy);
}

static enum status decisions_walk(struct verification *verification)
{
    struct chain_walk walk = {0};
    struct log_place place = {0};
    size_t count;
    for (size_t i = 0; i < verification->shard_count; i++)
        if (verification->shards[i].shard == LOG_UNLINKED)
            walk.unlinked = verification->shards[i].position;
    do {
        enum status status = store_decisions_scan(verification->store, &place, 0,
                                                  verification->logged, READ_MAX, &count);
        if (status != STATUS_OK)
            return status;
        for (size_t i = 0; i < count; i++) {
            const struct logged_decision *logged = &verification->logged[i];
            decision_check(verification, &walk, logged);
            place = (struct log_place){logged->decision.user_id, logged->position};
        }
        assert(count <= READ_MAX);
        verification->decisions += count;
    } while (count > 0);
    tell_person(verification, &walk.user_id, chain_walk_end(&walk));
    return STATUS_OK;
}

/* The decision that a row of the log speaks of must be there, unless its person asked to be
 * erased. */
static void head_check(struct verification *verification, int64_t shard,
                       const struct log_head *head)
{
    char user_id[UUID_TEXT_SIZE], time[TIME_TEXT_SIZE];
    if (head->found)
        return;
    uuid_format(&head->user_id, user_id);
    if (!head->erased) {
        tell(verification, &verification->faults, "user %s: decisions are missing: number %" PRId64,
             user_id, head->head.count);
    } else if (head->head.count == 1 || shard == LOG_ADOPTED) { /* once for each person */
        time_format(head->erased_at_us, time);
        tell(verification, &verification->erased, "user %s: was erased at their request at %s",
             user_id, time);
    }
}

static void tell_shard(struct verification *verification, int64_t shard, int64_t position,
                       const char *what)
{
    tell(verification, &verification->faults,
         "log of heads, shard %" PRId64 ", row %" PRId64 ": %s", shard, position, what);
}

static enum status shard_walk(struct verification *verification, const struct log_shard *shard)
{
    struct log_head last = {0};
    size_t count;
    do {
        enum status status = store_log_scan(verification->store, shard->shard, last.position,
                                            verification->heads, READ_MAX, &count);
        if (status != STATUS_OK)
            return status;
        assert(count <= READ_MAX);
        for (size_t i = 0; i < count; i++) {
            const struct log_head *head = &verification->heads[i];
            struct hash seal = {{0}};
            if (shard->shard < LOG_SHARDS)
                seal = decision_log_seal(&last.seal, &head->user_id, &head->head);
            if (head->position != last.position + 1)
                tell_shard(verification, shard->shard, last.position + 1, "is missing");
            else if (hash_compare(&seal, &head->seal) != 0)
                tell_shard(verification, shard->shard, head->position, "was altered");
            if (head->position == shard->position && hash_compare(&head->seal, &shard->seal) != 0)
                tell_shard(verification, shard->shard, head->position, "is not its end");
            head_check(verification, shard->shard, head);
            last = *head;
        }
    } while (count > 0);
    if (last.position < shard->position)
        tell_shard(verification, shard->shard, last.position + 1, "is missing, with all behind it");
    return STATUS_OK;
}

static enum status log_walk(struct verification *verification)
{
    enum status status = STATUS_OK;
    for (int64_t shard = 0; shard <= LOG_ADOPTED && status == STATUS_OK; shard++) {
        struct log_shard end = {.shard = shard, .position = -1};
        for (size_t i = 0; i < verification->shard_count; i++)
            if (verification->shards[i].shard == shard)
                end = verification->shards[i];
        if (end.position < 0)
            tell_shard(verification, shard, 0, "its end is missing");
        status = shard_walk(verification, &end);
    }
    return status;
}

static enum status policies_walk(struct verification *verification)
{
    struct hash hash = {{0}};
    enum status status;
    while ((status = store_policy_next(verification->store, &hash, verification->text)) ==
           STATUS_OK) {
        struct hash again =
            hash_of(&(struct slice){verification->text, strlen(verification->text)}, 1);
        if (hash_compare(&again, &hash) != 0)
            tell_policy(verification, &hash, "its text was altered");
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static void figures_tell(struct verification *verification)
{
    struct buf *report = &verification->report;
    if (!report_is_json()) {
        if (verification->erased > 0)
            printf("%zu people were erased at their request\n", verification->erased);
        printf("%zu decisions, %zu faults\n", verification->decisions, verification->faults);
        return;
    }
    json_put_close(report, ']');
    json_put_integer(report, "erased", (int64_t)verification->erased);
    json_put_integer(report, "decisions", (int64_t)verification->decisions);
    json_put_integer(report, "faults", (int64_t)verification->faults);
    report_end(report);
}

static int verify(struct verification *verification)
{
    report_begin(&verification->report);
    json_put_open(&verification->report, "findings", '[');
    enum status status =
        store_log_shards(verification->store, verification->shards, &verification->shard_count);
    assert(verification->shard_count <= LOG_SHARDS_ALL);
    if (status == STATUS_OK)
        status = decisions_walk(verification);
    if (status == STATUS_OK)
        status = log_walk(verification);
    if (status == STATUS_OK)
        status = policies_walk(verification);
    if (status != STATUS_OK) {
        fprintf(stderr, "ecs verify-log: the database cannot be read: %s\n", status_title(status));
        return EX_UNAVAILABLE;
    }
    figures_tell(verification);
    return verification->faults == 0 ? EX_OK : EX_DATAERR;
}

static int verify_log(int argc, char **argv, struct toolbox *toolbox)
{
    if (argc > 1)
        return command_misused(argv[0]);
    struct verification *verification = calloc(1, sizeof *verification);
    if (verification == NULL)
        return EX_OSERR;
    verification->store = toolbox->context.store;
    int result = verify(verification);
    buf_free(&verification->report);
    free(verification);
    return result;
}

int command_verify_log(int argc, char **argv)
{
    return toolbox_with_store(argc, argv, verify_log);
}
