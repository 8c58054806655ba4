/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/verify_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/time_text.h"
#include "domain/decision_log.h"

enum { READ_MAX = 500 };

const char verify_log_usage[] =
    "usage: ecs verify-log\n\n"
    "Walks over every decision and names each that was altered, and each place where some are\n"
    "missing or were put in. Exit status 0: the log is sound; 65: it is not.\n\n"
    "It only reads, beside a running ecs serve too.\n";

struct findings {
    size_t decisions;
    size_t faults;
};

static void show_entry(struct findings *findings, const struct decision *decision,
                       enum chain_fault fault)
{
    char id[UUID_TEXT_SIZE], user_id[UUID_TEXT_SIZE], time[TIME_TEXT_SIZE];
    if (fault == CHAIN_SOUND)
        return;
    uuid_format(&decision->id, id);
    uuid_format(&decision->user_id, user_id);
    time_format(decision->decided_at_us, time);
    printf("decision %s of %s, user %s: %s\n", id, time, user_id,
           fault == CHAIN_ALTERED ? "was altered" : "does not follow the one before it");
    findings->faults++;
}

static void show_person(struct findings *findings, const struct uuid *user_id,
                        enum chain_fault fault)
{
    char text[UUID_TEXT_SIZE];
    if (fault == CHAIN_SOUND)
        return;
    uuid_format(user_id, text);
    printf("user %s: decisions are missing at the end\n", text);
    findings->faults++;
}

static enum status walk_all(struct store *store, struct logged_decision logged[],
                            struct findings *findings)
{
    struct chain_walk walk = {0};
    struct log_place place = {0};
    size_t count;
    do {
        enum status status = store_decisions_scan(store, &place, 0, logged, READ_MAX, &count);
        if (status != STATUS_OK)
            return status;
        for (size_t i = 0; i < count; i++) {
            enum chain_fault ended, fault;
            struct uuid before = walk.user_id;
            chain_step(&walk, &logged[i].decision, &logged[i].head, &ended, &fault);
            show_person(findings, &before, ended);
            show_entry(findings, &logged[i].decision, fault);
            place = (struct log_place){logged[i].decision.user_id, logged[i].position};
        }
        findings->decisions += count;
    } while (count > 0);
    show_person(findings, &walk.user_id, chain_end(&walk));
    return STATUS_OK;
}

static enum status look_for_lost(struct store *store, struct findings *findings)
{
    struct uuid lost[READ_MAX];
    size_t count;
    enum status status = store_chains_lost(store, lost, READ_MAX, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        show_person(findings, &lost[i], CHAIN_CUT_SHORT);
    return status;
}

int command_verify_log(int argc, char **argv, struct store *store)
{
    (void)argv;
    if (argc > 1) {
        fputs(verify_log_usage, stderr);
        return EX_USAGE;
    }
    struct logged_decision *logged = malloc(READ_MAX * sizeof *logged);
    struct findings findings = {0};
    enum status status = logged == NULL ? STATUS_UNAVAILABLE : walk_all(store, logged, &findings);
    if (status == STATUS_OK)
        status = look_for_lost(store, &findings);
    free(logged);
    if (status != STATUS_OK) {
        fprintf(stderr, "ecs verify-log: the database cannot be read: %s\n", status_title(status));
        return EX_UNAVAILABLE;
    }
    printf("%zu decisions, %zu faults\n", findings.decisions, findings.faults);
    return findings.faults == 0 ? EX_OK : EX_DATAERR;
}
