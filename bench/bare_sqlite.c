/* SPDX-License-Identifier: Apache-2.0
 *
 * The bare limits of SQLite as the embedded engines use it (WAL, every commit synced), in a file
 * of its own:
 *   append  COUNT payloads of BYTES to one table, GROUP in each transaction
 *   fold    events in batches, a transaction each: their keys, raw rows and hourly tiles of those
 *           whose key was new
 *   select  one row by its primary key, from so many threads at once, for so long
 *
 * usage: bare_sqlite append FILE COUNT GROUP BYTES | fold FILE COUNT BATCH PEOPLE
 *        | select FILE THREADS SECONDS
 * prints: NAME RATE (events/s, rows/s)
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>

#include "bare.h"

enum { PAYLOAD_MAX = 4096, THREADS_MAX = 128, ROWS = 1000 };

static const char schema[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
    "CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, payload BLOB);"
    "CREATE TABLE IF NOT EXISTS keys (key BLOB PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, user_id BLOB, at_us INTEGER,"
    "  key BLOB, positivity INTEGER, intensity INTEGER, stress INTEGER);"
    "CREATE INDEX IF NOT EXISTS events_user ON events (user_id, at_us);"
    "CREATE TABLE IF NOT EXISTS tiles (user_id BLOB, hour INTEGER, events INTEGER,"
    "  positivity INTEGER, intensity INTEGER, stress INTEGER, stress_square INTEGER,"
    "  PRIMARY KEY (user_id, hour)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, body TEXT NOT NULL);"
    "INSERT OR IGNORE INTO rows WITH RECURSIVE n (i) AS"
    "  (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)"
    "  SELECT i, hex(zeroblob(200)) FROM n";

static void must(sqlite3 *db, int code)
{
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
        return;
    fprintf(stderr, "bare_sqlite: %s\n", sqlite3_errmsg(db));
    exit(1);
}

static sqlite3 *open_file(const char *path)
{
    sqlite3 *db;
    must(NULL,
         sqlite3_open_v2(path, &db,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL));
    must(db, sqlite3_busy_timeout(db, 10000));
    return db;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *text)
{
    sqlite3_stmt *statement;
    must(db, sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL));
    return statement;
}

static void step(sqlite3 *db, sqlite3_stmt *statement)
{
    must(db, sqlite3_step(statement));
    sqlite3_reset(statement);
}

static int run_append(const char *path, long count, long group, int bytes)
{
    static char payload[PAYLOAD_MAX];
    sqlite3 *db = open_file(path);
    must(db, sqlite3_exec(db, schema, NULL, NULL, NULL));
    sqlite3_stmt *begin = prepare(db, "BEGIN IMMEDIATE"), *commit = prepare(db, "COMMIT");
    sqlite3_stmt *insert = prepare(db, "INSERT INTO log (payload) VALUES (?1)");
    sqlite3_bind_blob(insert, 1, payload, bytes, SQLITE_STATIC);
    double start_s = bare_now_s();
    for (long done = 0; done < count;) {
        step(db, begin);
        for (long i = 0; i < group && done < count; i++, done++)
            step(db, insert);
        step(db, commit);
    }
    printf("append %.0f\n", (double)count / (bare_now_s() - start_s));
    sqlite3_finalize(begin);
    sqlite3_finalize(commit);
    sqlite3_finalize(insert);
    sqlite3_close(db);
    return 0;
}

struct folder {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *key, *event, *tile;
};

static void fold_event(struct folder *folder, const struct bare_event *event)
{
    sqlite3_bind_blob(folder->key, 1, event->key, 16, SQLITE_STATIC);
    step(folder->db, folder->key);
    if (sqlite3_changes(folder->db) == 0)
        return;
    sqlite3_stmt *const both[] = {folder->event, folder->tile};
    for (int i = 0; i < 2; i++) {
        sqlite3_bind_blob(both[i], 1, event->user, 16, SQLITE_STATIC);
        sqlite3_bind_int64(both[i], 2, i == 0 ? event->at_us : event->at_us / BARE_HOUR_US);
        sqlite3_bind_int(both[i], 3, event->positivity);
        sqlite3_bind_int(both[i], 4, event->intensity);
        sqlite3_bind_int(both[i], 5, event->stress);
    }
    sqlite3_bind_blob(folder->event, 6, event->key, 16, SQLITE_STATIC);
    step(folder->db, folder->event);
    step(folder->db, folder->tile);
}

static int run_fold(const char *path, long count, long batch, long people)
{
    int64_t run_us = bare_wall_us();
    sqlite3 *db = open_file(path);
    must(db, sqlite3_exec(db, schema, NULL, NULL, NULL));
    struct folder folder = {
        .db = db,
        .begin = prepare(db, "BEGIN IMMEDIATE"),
        .commit = prepare(db, "COMMIT"),
        .key = prepare(db, "INSERT OR IGNORE INTO keys VALUES (?1)"),
        .event = prepare(db, "INSERT INTO events (user_id, at_us, positivity, intensity, stress,"
                             " key) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
        .tile = prepare(db, "INSERT INTO tiles VALUES (?1, ?2, 1, ?3, ?4, ?5, ?5 * ?5)"
                            " ON CONFLICT DO UPDATE SET events = events + 1,"
                            " positivity = positivity + ?3, intensity = intensity + ?4,"
                            " stress = stress + ?5, stress_square = stress_square + ?5 * ?5"),
    };
    double start_s = bare_now_s();
    for (long done = 0; done < count;) {
        step(db, folder.begin);
        for (long i = 0; i < batch && done < count; i++, done++) {
            struct bare_event event = bare_event_make(run_us, done, count, people);
            fold_event(&folder, &event);
        }
        step(db, folder.commit);
    }
    printf("fold %.0f\n", (double)count / (bare_now_s() - start_s));
    sqlite3_stmt *const all[] = {folder.begin, folder.commit, folder.key, folder.event,
                                 folder.tile};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        sqlite3_finalize(all[i]);
    sqlite3_close(db);
    return 0;
}

struct selector {
    pthread_t thread;
    const char *path;
    double seconds;
    long rows;
};

static void *run_selector(void *argument)
{
    struct selector *selector = argument;
    sqlite3 *db = open_file(selector->path);
    sqlite3_stmt *select = prepare(db, "SELECT body FROM rows WHERE id = ?1");
    unsigned seed = (unsigned)(uintptr_t)selector;
    for (double end_s = bare_now_s() + selector->seconds; bare_now_s() < end_s; selector->rows++) {
        sqlite3_bind_int(select, 1, rand_r(&seed) % ROWS);
        step(db, select);
    }
    sqlite3_finalize(select);
    sqlite3_close(db);
    return NULL;
}

static int run_select(const char *path, int count, double seconds)
{
    static struct selector selectors[THREADS_MAX];
    sqlite3 *db = open_file(path);
    must(db, sqlite3_exec(db, schema, NULL, NULL, NULL));
    sqlite3_close(db);
    long rows = 0;
    for (int i = 0; i < count; i++) {
        selectors[i] = (struct selector){.path = path, .seconds = seconds};
        if (pthread_create(&selectors[i].thread, NULL, run_selector, &selectors[i]) != 0)
            return 1;
    }
    for (int i = 0; i < count; i++) {
        pthread_join(selectors[i].thread, NULL);
        rows += selectors[i].rows;
    }
    printf("select %.0f\n", (double)rows / seconds);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "append") == 0 && atoi(argv[5]) <= PAYLOAD_MAX)
        return run_append(argv[2], atol(argv[3]), atol(argv[4]), atoi(argv[5]));
    if (argc == 6 && strcmp(argv[1], "fold") == 0)
        return run_fold(argv[2], atol(argv[3]), atol(argv[4]), atol(argv[5]));
    if (argc == 5 && strcmp(argv[1], "select") == 0 && atoi(argv[3]) <= THREADS_MAX)
        return run_select(argv[2], atoi(argv[3]), atof(argv[4]));
    fprintf(stderr, "usage: bare_sqlite append FILE COUNT GROUP BYTES\n"
                    "       bare_sqlite fold FILE COUNT BATCH PEOPLE\n"
                    "       bare_sqlite select FILE THREADS SECONDS\n");
    return 64;
}
