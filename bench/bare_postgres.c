/* SPDX-License-Identifier: Apache-2.0
 *
 * The bare limits of PostgreSQL, by libpq alone, in tables of their own:
 *   fold    events in batches, one prepared statement with binary arrays for each: their keys
 *           ON CONFLICT DO NOTHING, raw rows and hourly tiles of those whose key was new
 *   select  one row by its primary key, from so many connections at once, for so long
 *
 * usage: bare_postgres fold URL COUNT BATCH PEOPLE | select URL CONNECTIONS SECONDS
 * prints: NAME RATE (events/s, rows/s)
 */
#include <arpa/inet.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>

#include "bare.h"

enum { BATCH_MAX = 4096, COLUMNS = 6, CONNECTIONS_MAX = 128, ROWS = 1000 };
enum { INT8 = 20, INT4 = 23, UUID = 2950 };

static const char schema[] =
    "SET client_min_messages = error;"
    "CREATE TABLE IF NOT EXISTS bare_keys (key uuid PRIMARY KEY);"
    "CREATE TABLE IF NOT EXISTS bare_events (user_id uuid NOT NULL, at_us bigint NOT NULL,"
    "  key uuid NOT NULL, positivity integer, intensity integer, stress integer);"
    "CREATE INDEX IF NOT EXISTS bare_events_user ON bare_events (user_id, at_us);"
    "CREATE TABLE IF NOT EXISTS bare_tiles (user_id uuid, hour bigint, events bigint,"
    "  positivity bigint, intensity bigint, stress bigint, stress_square numeric,"
    "  PRIMARY KEY (user_id, hour));"
    "CREATE TABLE IF NOT EXISTS bare_rows (id integer PRIMARY KEY, body text NOT NULL);"
    "INSERT INTO bare_rows SELECT i, repeat('x', 400) FROM generate_series(0, 999) i"
    "  ON CONFLICT DO NOTHING";

static const char fold[] =
    "WITH given AS (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::integer[],"
    "    $5::integer[], $6::integer[]) AS g (key, user_id, at_us, positivity, intensity, stress)),"
    " new AS (INSERT INTO bare_keys SELECT key FROM given ON CONFLICT DO NOTHING RETURNING key),"
    " counted AS (SELECT given.* FROM given JOIN new USING (key)),"
    " raw AS (INSERT INTO bare_events SELECT user_id, at_us, key, positivity, intensity, stress"
    "    FROM counted)"
    " INSERT INTO bare_tiles AS t SELECT user_id, at_us / 3600000000, count(*), sum(positivity),"
    "    sum(intensity), sum(stress), sum(stress::bigint * stress) FROM counted"
    "    GROUP BY 1, 2 ORDER BY 1, 2"
    " ON CONFLICT (user_id, hour) DO UPDATE SET events = t.events + excluded.events,"
    "    positivity = t.positivity + excluded.positivity,"
    "    intensity = t.intensity + excluded.intensity, stress = t.stress + excluded.stress,"
    "    stress_square = t.stress_square + excluded.stress_square";

static void must(PGconn *connection, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        fprintf(stderr, "bare_postgres: %s", PQerrorMessage(connection));
        exit(1);
    }
    PQclear(result);
}

static PGconn *connect_to(const char *url)
{
    PGconn *connection = PQconnectdb(url);
    if (PQstatus(connection) != CONNECTION_OK) {
        fprintf(stderr, "bare_postgres: %s", PQerrorMessage(connection));
        exit(1);
    }
    return connection;
}

/* One parameter: an array in PostgreSQL's binary form. */
struct array {
    char bytes[20 + BATCH_MAX * (4 + 16)];
    int size;
};

static void array_begin(struct array *array, uint32_t type, long count)
{
    const uint32_t head[] = {htonl(1), 0, htonl(type), htonl((uint32_t)count), htonl(1)};
    memcpy(array->bytes, head, sizeof head);
    array->size = sizeof head;
}

static void array_put(struct array *array, const uint8_t *value, int size)
{
    bare_put_number((uint8_t *)array->bytes + array->size, (uint64_t)size, 4);
    memcpy(array->bytes + array->size + 4, value, (size_t)size);
    array->size += 4 + size;
}

static void array_put_number(struct array *array, int64_t value, int size)
{
    uint8_t bytes[8];
    bare_put_number(bytes, (uint64_t)value, size);
    array_put(array, bytes, size);
}

static void run_batch(PGconn *connection, const struct bare_event events[], long count)
{
    static const uint32_t types[COLUMNS] = {UUID, UUID, INT8, INT4, INT4, INT4};
    static struct array arrays[COLUMNS];
    const char *values[COLUMNS];
    int sizes[COLUMNS], formats[COLUMNS];
    for (int column = 0; column < COLUMNS; column++)
        array_begin(&arrays[column], types[column], count);
    for (long i = 0; i < count; i++) {
        array_put(&arrays[0], events[i].key, 16);
        array_put(&arrays[1], events[i].user, 16);
        array_put_number(&arrays[2], events[i].at_us, 8);
        array_put_number(&arrays[3], events[i].positivity, 4);
        array_put_number(&arrays[4], events[i].intensity, 4);
        array_put_number(&arrays[5], events[i].stress, 4);
    }
    for (int column = 0; column < COLUMNS; column++) {
        values[column] = arrays[column].bytes;
        sizes[column] = arrays[column].size;
        formats[column] = 1;
    }
    must(connection, PQexecPrepared(connection, "fold", COLUMNS, values, sizes, formats, 1));
}

static int run_fold(const char *url, long count, long batch, long people)
{
    static struct bare_event events[BATCH_MAX];
    int64_t run_us = bare_wall_us();
    PGconn *connection = connect_to(url);
    must(connection, PQexec(connection, schema));
    must(connection, PQprepare(connection, "fold", fold, COLUMNS, NULL));
    double start_s = bare_now_s();
    for (long done = 0; done < count;) {
        long size = 0;
        for (; size < batch && done < count; size++, done++)
            events[size] = bare_event_make(run_us, done, count, people);
        run_batch(connection, events, size);
    }
    printf("fold %.0f\n", (double)count / (bare_now_s() - start_s));
    PQfinish(connection);
    return 0;
}

struct selector {
    pthread_t thread;
    const char *url;
    pthread_barrier_t *start;
    double seconds;
    long rows;
};

static void *run_selector(void *argument)
{
    struct selector *selector = argument;
    PGconn *connection = connect_to(selector->url);
    unsigned seed = (unsigned)(uintptr_t)selector;
    must(connection, PQprepare(connection, "one", "SELECT body FROM bare_rows WHERE id = $1", 1,
                               (const Oid[]){INT4}));
    pthread_barrier_wait(selector->start);
    for (double end_s = bare_now_s() + selector->seconds; bare_now_s() < end_s; selector->rows++) {
        uint32_t id = htonl((uint32_t)rand_r(&seed) % ROWS);
        must(connection, PQexecPrepared(connection, "one", 1, (const char *[]){(char *)&id},
                                        (const int[]){sizeof id}, (const int[]){1}, 1));
    }
    PQfinish(connection);
    return NULL;
}

static int run_select(const char *url, int count, double seconds)
{
    static struct selector selectors[CONNECTIONS_MAX];
    pthread_barrier_t start;
    PGconn *connection = connect_to(url);
    must(connection, PQexec(connection, schema));
    PQfinish(connection);
    pthread_barrier_init(&start, NULL, (unsigned)count);
    long rows = 0;
    for (int i = 0; i < count; i++) {
        selectors[i] = (struct selector){.url = url, .start = &start, .seconds = seconds};
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
    if (argc == 6 && strcmp(argv[1], "fold") == 0 && atol(argv[4]) <= BATCH_MAX)
        return run_fold(argv[2], atol(argv[3]), atol(argv[4]), atol(argv[5]));
    if (argc == 5 && strcmp(argv[1], "select") == 0 && atoi(argv[3]) <= CONNECTIONS_MAX)
        return run_select(argv[2], atoi(argv[3]), atof(argv[4]));
    fprintf(stderr, "usage: bare_postgres fold URL COUNT BATCH PEOPLE\n"
                    "       bare_postgres select URL CONNECTIONS SECONDS\n");
    return 64;
}
