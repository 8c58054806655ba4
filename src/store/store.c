/* SPDX-License-Identifier: Apache-2.0
 *
 * The store as a whole: its engine, its health, and its schema, which grows by numbered scripts
 * (sql/). Each is applied in a transaction of its own and recorded in
 * schema_migrations with a hash of its text: one that was changed after it had been applied
 * somewhere is an error, never silently a different schema.
 *
 * Of all processes one migrates, and holds a lock meanwhile; the others wait. A migration has no
 * limit but MIGRATION_DEADLINE_US, and says that it goes on. One whose first line is "-- online" is
 * no transaction: its statements, parted by lines "-- step", are run one by one, each on its own,
 * so that a large table stays in use: CREATE INDEX CONCURRENTLY, or a DO block that commits by
 * parts. If it is interrupted it begins anew, so each of its statements must bear to be repeated.
 *
 * Only the owner of the schema migrates, and then grants to each other login what it needs
 * (sql/grants.sql). Whoever is not the owner finds the schema current, or waits until it is.
 */
#include "store/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "process/file.h"
#include "process/log.h"
#include "process/steady.h"
#include "store/internal.h"

const char *store_engine(const struct store *store)
{
    return store->dialect->engine;
}

void store_gate(struct store *store, const atomic_bool *gate)
{
    store->sql->gate = gate;
}

enum status store_health(struct store *store, struct health *health)
{
    return sql_health(store->sql, health);
}

void store_close(struct store *store)
{
    sql_close(store->sql);
    free(store->batch);
    free(store);
}

struct progress {
    const char *name;
    int64_t started_us;
    int64_t told_us;
};

static void goes_on(void *context)
{
    struct progress *progress = context;
    int64_t now_us = steady_now_us();
    assert(progress->told_us <= now_us);
    if (now_us - progress->told_us < MIGRATION_TELL_US)
        return;
    progress->told_us = now_us;
    log_info("migration goes on", LOG_TEXT("migration", progress->name),
             LOG_INTEGER("seconds", (now_us - progress->started_us) / SECOND_US),
             LOG_INTEGER("seconds_max", MIGRATION_DEADLINE_US / SECOND_US));
}

/* CONFLICT: applied with another text. NOT_FOUND: not applied yet. */
static enum status migration_find(struct sql *sql, int64_t version, const struct hash *checksum)
{
    enum status status = sql_one(sql, "SELECT checksum FROM schema_migrations WHERE version = $1",
                                 sql_integer(version));
    if (status != STATUS_OK)
        return status;
    struct hash applied = sql_row_hash(sql);
    sql_end(sql);
    return hash_compare(&applied, checksum) == 0 ? STATUS_OK : STATUS_CONFLICT;
}

/* One statement after the other, in no transaction. */
static enum status steps_run(struct sql *sql, const char *text)
{
    static const char mark[] = "-- step\n";
    enum status status = STATUS_OK;
    const char *step = strstr(text, mark);
    while (step != NULL && status == STATUS_OK) {
        step += sizeof mark - 1;
        const char *next = strstr(step, mark);
        char *one = next == NULL ? strdup(step) : strndup(step, (size_t)(next - step));
        status = one == NULL ? STATUS_UNAVAILABLE : sql_script(sql, one);
        free(one);
        step = next;
    }
    return status;
}

/* Looks for it again in the transaction: threads of one process may migrate a file at once. */
static enum status migration_run(struct sql *sql, const struct embedded_file *file,
                                 const char *name, const struct hash *checksum, int *applied)
{
    static const char online[] = "-- online\n";
    int64_t version = strtol(name, NULL, 10);
    assert(version > 0); /* a migration's name begins with its number */
    bool apart = strncmp(file->data, online, sizeof online - 1) == 0;
    enum status status = apart ? steps_run(sql, file->data) : STATUS_OK;
    if (status == STATUS_OK)
        status = sql_begin(sql);
    if (status == STATUS_OK)
        status = migration_find(sql, version, checksum);
    if (status != STATUS_NOT_FOUND)
        return sql_finish(sql, status);
    status = apart ? STATUS_OK : sql_script(sql, file->data);
    if (status == STATUS_OK)
        status = sql_do(
            sql, "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
            NULL, sql_integer(version), sql_text(name), sql_hash(checksum));
    status = sql_finish(sql, status);
    *applied += status == STATUS_OK;
    return status;
}

static enum status migration_apply(struct sql *sql, const struct embedded_file *file,
                                   const char *name, int *applied)
{
    int64_t version = strtol(name, NULL, 10);
    struct hash checksum = hash_of(&(struct slice){file->data, file->size}, 1);
    enum status status = migration_find(sql, version, &checksum);
    if (status != STATUS_NOT_FOUND)
        return status;
    struct progress progress = {name, steady_now_us(), steady_now_us()};
    struct sql_patience patience = {progress.started_us + MIGRATION_DEADLINE_US, goes_on,
                                    &progress};
    status = sql_patience(sql, &patience);
    if (status == STATUS_OK)
        status = migration_run(sql, file, name, &checksum, applied);
    enum status impatient = sql_patience(sql, NULL);
    if (steady_now_us() - progress.started_us > SECOND_US)
        log_info("migration ended", LOG_TEXT("migration", name),
                 LOG_TEXT("status", status_name(status)),
                 LOG_INTEGER("ms", (steady_now_us() - progress.started_us) / 1000));
    return status == STATUS_OK ? impatient : status;
}

/* CONFLICT, and told, if the tables are those of the old system, whose names ours would take. */
static enum status old_system_look(struct store *store)
{
    if (store->dialect->old_system == NULL)
        return STATUS_OK;
    enum status status = sql_one_values(store->sql, store->dialect->old_system, NULL, 0);
    sql_end(store->sql);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    log_error("this is a database of the old system; nothing in it was changed",
              LOG_TEXT("how_it_comes_over", "docs/from-the-old-system.md"));
    return STATUS_CONFLICT;
}

/* What each login may do; the last word of every migration, and the same each time. */
static enum status rights_grant(struct store *store)
{
    const char *name = store->dialect->grants;
    if (name == NULL)
        return STATUS_OK;
    enum status status = sql_begin(store->sql);
    if (status == STATUS_OK)
        status = sql_script(store->sql, embedded_file_find(name)->data);
    status = sql_finish(store->sql, status);
    if (status != STATUS_OK && status != STATUS_UNAVAILABLE)
        log_error("the rights of logins cannot be granted", LOG_TEXT("file", name),
                  LOG_TEXT("status", status_name(status)));
    return status;
}

static enum status migrations_apply(struct store *store, int *applied)
{
    const char *folder = store->dialect->migrations;
    struct sql *sql = store->sql;
    enum status status = old_system_look(store);
    if (status != STATUS_OK)
        return status;
    status = sql_begin(sql);
    if (status == STATUS_OK)
        status = sql_script(sql, store->dialect->migrations_table);
    status = sql_finish(sql, status);
    for (const struct embedded_file *file = embedded_files;
         file->name != NULL && status == STATUS_OK; file++) {
        if (strncmp(file->name, folder, strlen(folder)) != 0)
            continue;
        const char *name = file->name + strlen(folder);
        status = migration_apply(sql, file, name, applied);
        if (status != STATUS_OK && status != STATUS_UNAVAILABLE) /* then it is tried again */
            log_error(status == STATUS_CONFLICT ? "migration was changed after it was applied"
                                                : "migration failed",
                      LOG_TEXT("migration", name), LOG_TEXT("status", status_name(status)));
    }
    return status == STATUS_OK ? rights_grant(store) : status;
}

/* TIMED_OUT: another process migrates. Nobody waits in the database itself: CREATE INDEX
 * CONCURRENTLY waits for all who do. */
static enum status holder_become(struct store *store)
{
    int64_t end_us = steady_now_us() + MIGRATION_WAIT_US;
    struct sql *sql = store->sql;
    for (;;) {
        enum status status = sql_one_values(sql, store->dialect->migrations_lock, NULL, 0);
        bool had = status == STATUS_OK && sql_row_boolean(sql);
        sql_end(sql);
        if (status != STATUS_OK || had)
            return status;
        if (steady_now_us() > end_us)
            return STATUS_TIMED_OUT;
        steady_pause(20000);
    }
}

enum status store_migrations_pending(struct store *store, int *pending)
{
    const char *folder = store->dialect->migrations;
    *pending = 0;
    enum status begun = sql_one_values(store->sql, store->dialect->migrations_begun, NULL, 0);
    sql_end(store->sql);
    if (begun != STATUS_OK && begun != STATUS_NOT_FOUND)
        return begun;
    for (const struct embedded_file *file = embedded_files; file->name != NULL; file++) {
        if (strncmp(file->name, folder, strlen(folder)) != 0)
            continue;
        struct hash checksum = hash_of(&(struct slice){file->data, file->size}, 1);
        int64_t version = strtol(file->name + strlen(folder), NULL, 10);
        enum status status =
            begun == STATUS_OK ? migration_find(store->sql, version, &checksum) : STATUS_NOT_FOUND;
        if (status == STATUS_NOT_FOUND)
            (*pending)++;
        else if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* FORBIDDEN: something is to be applied, and this login is not the owner's. */
static enum status owner_check(struct store *store, bool *owner)
{
    int pending = 0;
    enum status status = sql_one_values(store->sql, store->dialect->migrations_owner, NULL, 0);
    *owner = status == STATUS_OK && sql_row_boolean(store->sql);
    sql_end(store->sql);
    if (status != STATUS_OK || *owner)
        return status;
    status = store_migrations_pending(store, &pending);
    return status == STATUS_OK && pending > 0 ? STATUS_FORBIDDEN : status;
}

enum status store_migrate(struct store *store, int *applied)
{
    bool owner;
    *applied = 0;
    if (store->dialect->migrations_lock == NULL)
        return migrations_apply(store, applied);
    enum status status = owner_check(store, &owner);
    if (status != STATUS_OK || !owner)
        return status;
    status = holder_become(store);
    if (status != STATUS_OK)
        return status;
    status = migrations_apply(store, applied);
    enum status unlocked =
        sql_do_values(store->sql, store->dialect->migrations_unlock, NULL, 0, NULL);
    return status == STATUS_OK ? unlocked : status;
}
