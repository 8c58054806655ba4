/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbered scripts (sql/) → schema. Each is applied in a transaction of its own, under a lock, and
 * recorded in schema_migrations with a hash of its text: one that was changed after it had been
 * applied somewhere is an error, never silently a different schema.
 */
#include <stdlib.h>
#include <string.h>

#include "adapters/store_sql.h"
#include "base/embedded.h"
#include "base/log.h"

/* CONFLICT: applied with another text. NOT_FOUND: not applied yet. */
static enum status migration_find(struct sql *sql, int64_t version, const struct hash *checksum)
{
    enum status status = sql_one(sql, "SELECT checksum FROM schema_migrations WHERE version = $1",
                                 sql_integer(version));
    if (status != STATUS_OK)
        return status;
    struct hash applied = row_hash(sql);
    sql_end(sql);
    return hash_compare(&applied, checksum) == 0 ? STATUS_OK : STATUS_CONFLICT;
}

static enum status migration_apply(struct store_sql *store, const struct embedded_file *file,
                                   const char *name, int *applied)
{
    struct sql *sql = store->sql;
    int64_t version = strtol(name, NULL, 10);
    struct hash checksum = hash_of(&(struct slice){file->data, file->size}, 1);
    enum status status = sql_begin(sql);
    if (status == STATUS_OK && store->dialect->migrations_lock != NULL)
        status = sql_script(sql, store->dialect->migrations_lock);
    if (status == STATUS_OK)
        status = sql_script(sql, store->dialect->migrations_table);
    if (status == STATUS_OK)
        status = migration_find(sql, version, &checksum);
    if (status == STATUS_NOT_FOUND) {
        status = sql_script(sql, file->data);
        if (status == STATUS_OK)
            status = sql_do(
                sql, "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
                NULL, sql_integer(version), sql_text(name), sql_hash(&checksum));
        *applied += status == STATUS_OK;
    }
    return sql_finish(sql, status);
}

enum status store_sql_migrate(struct store *store, int *applied)
{
    struct store_sql *self = store_sql_of(store);
    const char *folder = self->dialect->migrations;
    *applied = 0;
    for (const struct embedded_file *file = embedded_files; file->name != NULL; file++) {
        if (strncmp(file->name, folder, strlen(folder)) != 0)
            continue;
        const char *name = file->name + strlen(folder);
        enum status status = migration_apply(self, file, name, applied);
        if (status == STATUS_UNAVAILABLE)
            return status; /* the caller tries again, and says so */
        if (status != STATUS_OK) {
            log_error(status == STATUS_CONFLICT ? "migration was changed after it was applied"
                                                : "migration failed",
                      LOG_TEXT("migration", name), LOG_TEXT("status", status_name(status)));
            return status;
        }
    }
    return STATUS_OK;
}

enum status store_sql_migrations_pending(struct store *store, int *pending)
{
    struct store_sql *self = store_sql_of(store);
    const char *folder = self->dialect->migrations;
    *pending = 0;
    enum status begun = sql_one_values(self->sql, self->dialect->migrations_begun, NULL, 0);
    sql_end(self->sql);
    if (begun != STATUS_OK && begun != STATUS_NOT_FOUND)
        return begun;
    for (const struct embedded_file *file = embedded_files; file->name != NULL; file++) {
        if (strncmp(file->name, folder, strlen(folder)) != 0)
            continue;
        struct hash checksum = hash_of(&(struct slice){file->data, file->size}, 1);
        int64_t version = strtol(file->name + strlen(folder), NULL, 10);
        enum status status =
            begun == STATUS_OK ? migration_find(self->sql, version, &checksum) : STATUS_NOT_FOUND;
        if (status == STATUS_NOT_FOUND)
            (*pending)++;
        else if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}
