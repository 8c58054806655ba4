/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: a batch of events → keys, raw rows, versions and tile deltas, in one transaction.
 *
 * First the persons are looked up, then the keys are added, in order: one that another batch is
 * adding is waited for. A key that was there already belongs to an event that was counted before,
 * and its content tells a repetition from a reused id. Only events whose key was new go on: as raw
 * rows, as one more version for each of their persons, and folded into tiles by the domain. To grow
 * the versions locks the persons, in order: from there on, and not before, batches that share a
 * person pass one after the other. As all take keys first and then persons, each in order, nobody
 * deadlocks.
 *
 * If the answer to COMMIT is lost, the batch is applied again, and the keys decide.
 *
 * What is known of events before they are counted is read here too: whether their ids were, and
 * whose Idempotency-Key they came with.
 */
#include "store/events.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/internal.h"

/* A member of an event or of a tile that becomes a column. */
struct member {
    enum sql_type type;
    size_t offset;
};

/* What events of both streams have in common, and where it lies in them. */
struct event_layout {
    enum event_table table;
    size_t size;
    size_t key, content, user_id, occurred_at, received_at;
    const struct member *row; /* of an event: what its raw row holds */
    size_t row_columns;
    const struct member *tile; /* of a folded tile */
    size_t tile_columns;
    size_t tile_size;
    /* Adds the event to the tile, or begins the tile with it. */
    bool (*fold)(void *tile, const void *event, bool begins);
};

struct person_emotion_tile {
    struct uuid user_id;
    struct emotion_tile tile;
};

struct person_transaction_tile {
    struct uuid user_id;
    struct transaction_tile tile;
};

/* Working memory of one batch. Places are indexes into the events. */
struct store_batch {
    const struct event_layout *kind;
    const char *events;
    size_t count;
    enum event_result *results;
    struct uuid users[BUS_BATCH_MAX]; /* ascending, each once */
    bool known[BUS_BATCH_MAX];        /* users[i] exists */
    size_t user_count;
    uint32_t firsts[BUS_BATCH_MAX]; /* of known persons, ascending by key, each key once */
    size_t first_count;
    uint32_t others[BUS_BATCH_MAX]; /* of known persons, their key was there already */
    size_t other_count;
    uint32_t counted[BUS_BATCH_MAX]; /* ascending by person and time */
    size_t counted_count;
    bool renew; /* of the keys that were there already, one has not been seen for long */
    union {
        struct person_emotion_tile emotions[BUS_BATCH_MAX];
        struct person_transaction_tile transactions[BUS_BATCH_MAX];
    } tiles;
    size_t tile_count;
};

static const void *member(const struct store_batch *batch, size_t place, size_t offset)
{
    return batch->events + place * batch->kind->size + offset;
}

static int key_compare(const struct store_batch *batch, uint32_t a, uint32_t b)
{
    return memcmp(member(batch, a, batch->kind->key), member(batch, b, batch->kind->key),
                  HASH_SIZE);
}

static int by_key(const void *a, const void *b, void *context)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    int order = key_compare(context, left, right);
    return order != 0 ? order : (left > right) - (left < right);
}

static int by_person_and_time(const void *a, const void *b, void *context)
{
    const struct store_batch *batch = context;
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    int order = memcmp(member(batch, left, batch->kind->user_id),
                       member(batch, right, batch->kind->user_id), sizeof(struct uuid));
    if (order != 0)
        return order;
    int64_t left_us = *(const int64_t *)member(batch, left, batch->kind->occurred_at);
    int64_t right_us = *(const int64_t *)member(batch, right, batch->kind->occurred_at);
    return (left_us > right_us) - (left_us < right_us);
}

static int by_uuid(const void *a, const void *b)
{
    return uuid_compare(a, b);
}

/* A column of the batch's events. */
static struct sql_column event_column(const struct store_batch *batch, enum sql_type type,
                                      size_t offset)
{
    return (struct sql_column){type, batch->events + offset, batch->kind->size};
}

/* The persons of these events, each once, in order. */
static void users_collect(struct store_batch *batch, const uint32_t places[], size_t count)
{
    assert(count <= batch->count);
    for (size_t i = 0; i < count; i++)
        memcpy(&batch->users[i],
               member(batch, places == NULL ? i : places[i], batch->kind->user_id),
               sizeof(struct uuid));
    qsort(batch->users, count, sizeof batch->users[0], by_uuid);
    batch->user_count = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !uuid_equal(&batch->users[i], &batch->users[batch->user_count - 1]))
            batch->users[batch->user_count++] = batch->users[i];
    assert(batch->user_count <= count && (batch->user_count > 0) == (count > 0));
}

static bool *user_known(struct store_batch *batch, const struct uuid *user_id)
{
    const struct uuid *found =
        bsearch(user_id, batch->users, batch->user_count, sizeof batch->users[0], by_uuid);
    return found == NULL ? NULL : &batch->known[found - batch->users];
}

/* Runs a statement once for each person of the batch. */
static enum status users_bulk(struct store *store, const struct store_batch *batch,
                              const char *text, sql_row_reader *read, void *context)
{
    struct sql_column users = {SQL_UUID, batch->users, sizeof batch->users[0]};
    return sql_bulk(store->sql,
                    &(struct sql_bulk){text, &users, 1, NULL, batch->user_count, read, context});
}

static void user_take(struct sql *sql, void *context)
{
    struct uuid user_id = sql_row_uuid(sql);
    bool *known = user_known(context, &user_id);
    if (known != NULL)
        *known = true;
}

static enum status persons_find(struct store *store, struct store_batch *batch)
{
    users_collect(batch, NULL, batch->count);
    memset(batch->known, 0, batch->user_count * sizeof batch->known[0]);
    return users_bulk(store, batch, store->dialect->events.persons_find, user_take, batch);
}

/* The first event of each key among those of known persons; the others repeat one of them. */
static void firsts_choose(struct store_batch *batch)
{
    size_t known = 0;
    for (size_t i = 0; i < batch->count; i++) {
        batch->results[i] = EVENT_UNKNOWN_USER;
        if (*user_known(batch, member(batch, i, batch->kind->user_id)))
            batch->firsts[known++] = (uint32_t)i;
    }
    qsort_r(batch->firsts, known, sizeof batch->firsts[0], by_key, batch);
    batch->first_count = 0;
    batch->other_count = 0;
    for (size_t i = 0; i < known; i++) {
        uint32_t place = batch->firsts[i];
        if (batch->first_count > 0 &&
            key_compare(batch, place, batch->firsts[batch->first_count - 1]) == 0)
            batch->others[batch->other_count++] = place;
        else
            batch->firsts[batch->first_count++] = place;
    }
    assert(batch->first_count + batch->other_count == known && known <= batch->count);
}

/* Where `key` is, or would be, among places that ascend by key. */
static size_t key_search(const struct store_batch *batch, const uint32_t places[], size_t count,
                         const struct hash *key)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (memcmp(member(batch, places[middle], batch->kind->key), key, sizeof *key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has_key(const struct store_batch *batch, uint32_t place, const struct hash *key)
{
    return memcmp(member(batch, place, batch->kind->key), key, sizeof *key) == 0;
}

static void new_key_take(struct sql *sql, void *context)
{
    struct store_batch *batch = context;
    struct hash key = sql_row_hash(sql);
    size_t i = key_search(batch, batch->firsts, batch->first_count, &key);
    if (i < batch->first_count && has_key(batch, batch->firsts[i], &key))
        batch->results[batch->firsts[i]] = EVENT_COUNTED;
}

static enum status keys_add(struct store *store, struct store_batch *batch)
{
    struct sql_column columns[] = {event_column(batch, SQL_HASH, batch->kind->key),
                                   event_column(batch, SQL_HASH, batch->kind->content),
                                   event_column(batch, SQL_TIME, batch->kind->received_at)};
    enum status status = sql_bulk(
        store->sql, &(struct sql_bulk){store->dialect->events.keys_add, columns, 3, batch->firsts,
                                       batch->first_count, new_key_take, batch});
    size_t known = batch->first_count + batch->other_count;
    batch->counted_count = 0;
    for (size_t i = 0; i < batch->first_count; i++) {
        uint32_t place = batch->firsts[i];
        if (batch->results[place] == EVENT_COUNTED)
            batch->counted[batch->counted_count++] = place;
        else
            batch->others[batch->other_count++] = place;
    }
    assert(batch->counted_count + batch->other_count == known);
    qsort_r(batch->others, batch->other_count, sizeof batch->others[0], by_key, batch);
    return status;
}

static void old_key_take(struct sql *sql, void *context)
{
    struct store_batch *batch = context;
    struct hash key = sql_row_hash(sql), content = sql_row_hash(sql);
    batch->renew = sql_row_boolean(sql) || batch->renew;
    size_t i = key_search(batch, batch->others, batch->other_count, &key);
    for (; i < batch->other_count && has_key(batch, batch->others[i], &key); i++) {
        uint32_t place = batch->others[i];
        bool same =
            memcmp(member(batch, place, batch->kind->content), &content, sizeof content) == 0;
        batch->results[place] = same ? EVENT_DUPLICATE : EVENT_CONFLICTING;
    }
}

/* Tells repetitions from reused ids. What comes again late may come once more: a key lives on from
 * when it was seen last. */
static enum status keys_read(struct store *store, struct store_batch *batch)
{
    struct sql_column key = event_column(batch, SQL_HASH, batch->kind->key);
    struct sql_bulk bulk = {store->dialect->events.keys_read,
                            &key,
                            1,
                            batch->others,
                            batch->other_count,
                            old_key_take,
                            batch};
    batch->renew = false;
    enum status status = sql_bulk(store->sql, &bulk);
    bulk.text = store->dialect->events.keys_renew;
    bulk.read = NULL;
    if (status == STATUS_OK && batch->renew)
        status = sql_bulk(store->sql, &bulk);
    /* A key that was swept this very moment: the next try adds it. */
    for (size_t i = 0; i < batch->other_count && status == STATUS_OK; i++)
        if (batch->results[batch->others[i]] == EVENT_UNKNOWN_USER)
            status = STATUS_UNAVAILABLE;
    return status;
}

static void tiles_fold(struct store_batch *batch)
{
    const struct event_layout *kind = batch->kind;
    char *tiles = (char *)&batch->tiles;
    qsort_r(batch->counted, batch->counted_count, sizeof batch->counted[0], by_person_and_time,
            batch);
    batch->tile_count = 0;
    for (size_t i = 0; i < batch->counted_count; i++) {
        const void *event = member(batch, batch->counted[i], 0);
        if (batch->tile_count > 0 &&
            kind->fold(tiles + (batch->tile_count - 1) * kind->tile_size, event, false))
            continue;
        (void)kind->fold(tiles + batch->tile_count * kind->tile_size, event, true);
        batch->tile_count++;
    }
    assert(batch->tile_count <= batch->counted_count);
    assert((batch->tile_count > 0) == (batch->counted_count > 0));
}

/* The columns of an array of structures. */
static void columns_of(struct sql_column columns[], const struct member members[], size_t count,
                       const void *first, size_t size)
{
    assert(count <= SQL_PARAMETERS_MAX);
    for (size_t i = 0; i < count; i++)
        columns[i] =
            (struct sql_column){members[i].type, (const char *)first + members[i].offset, size};
}

static enum status rows_add(struct store *store, const struct store_batch *batch)
{
    const struct event_layout *kind = batch->kind;
    struct sql_column columns[SQL_PARAMETERS_MAX];
    columns_of(columns, kind->row, kind->row_columns, batch->events, kind->size);
    return sql_bulk(store->sql, &(struct sql_bulk){store->dialect->events.rows_add[kind->table],
                                                   columns, kind->row_columns, batch->counted,
                                                   batch->counted_count, NULL, NULL});
}

static void locked_take(struct sql *sql, void *context)
{
    size_t *locked = context;
    (void)sql;
    (*locked)++;
}

/* Locks the persons of the counted events until the end, and grows their versions. Rows and tiles
 * have no foreign key: that all of them can be locked is the proof that they still exist. */
static enum status versions_grow(struct store *store, struct store_batch *batch)
{
    const struct event_statements *statements = &store->dialect->events;
    size_t locked = 0;
    users_collect(batch, batch->counted, batch->counted_count);
    enum status status = users_bulk(store, batch, statements->persons_lock, locked_take, &locked);
    assert(locked <= batch->user_count);
    /* Somebody was deleted this very moment: the next try does not find them. */
    if (status == STATUS_OK && locked != batch->user_count) {
        store->sql->worth_repeating = true;
        status = STATUS_UNAVAILABLE;
    }
    return status == STATUS_OK ? users_bulk(store, batch, statements->versions_grow, NULL, NULL)
                               : status;
}

static enum status tiles_add(struct store *store, struct store_batch *batch)
{
    const struct event_layout *kind = batch->kind;
    struct sql_column columns[SQL_PARAMETERS_MAX];
    tiles_fold(batch);
    columns_of(columns, kind->tile, kind->tile_columns, &batch->tiles, kind->tile_size);
    return sql_bulk(store->sql,
                    &(struct sql_bulk){store->dialect->events.tiles_add[kind->table], columns,
                                       kind->tile_columns, NULL, batch->tile_count, NULL, NULL});
}

static enum status batch_try(struct store *store, struct store_batch *batch)
{
    struct sql_column times = event_column(batch, SQL_TIME, batch->kind->occurred_at);
    enum status status = STATUS_OK;
    if (store->dialect->rows_prepare != NULL)
        status = store->dialect->rows_prepare(store, batch->kind->table, &times, batch->count);
    if (status == STATUS_OK)
        status = sql_begin(store->sql);
    if (status == STATUS_OK)
        status = persons_find(store, batch);
    if (status == STATUS_OK) {
        firsts_choose(batch);
        status = keys_add(store, batch);
    }
    if (status == STATUS_OK)
        status = keys_read(store, batch);
    if (status == STATUS_OK)
        status = rows_add(store, batch);
    if (status == STATUS_OK)
        status = versions_grow(store, batch);
    if (status == STATUS_OK)
        status = tiles_add(store, batch);
    return sql_finish(store->sql, status);
}

static enum status batch_apply(struct store *store, const struct event_layout *kind,
                               const void *events, size_t count, enum event_result results[])
{
    if (count > BUS_BATCH_MAX)
        return STATUS_INVALID;
    if (store->batch == NULL)
        store->batch = malloc(sizeof *store->batch);
    struct store_batch *batch = store->batch;
    if (batch == NULL)
        return STATUS_UNAVAILABLE;
    batch->kind = kind;
    batch->events = events;
    batch->count = count;
    batch->results = results;
    enum status status = batch_try(store, batch);
    if (status != STATUS_OK && store->sql->worth_repeating)
        status = batch_try(store, batch);
    return status;
}

#define MEMBER(structure, type, name)                                                              \
    {                                                                                              \
        type, offsetof(struct structure, name)                                                     \
    }
#define EMOTION(type, name) MEMBER(emotion_event, type, name)
#define EMOTION_TILE(type, name) MEMBER(person_emotion_tile, type, name)
#define TRANSACTION(type, name) MEMBER(transaction_event, type, name)
#define TRANSACTION_TILE(type, name) MEMBER(person_transaction_tile, type, name)
/* What is the same of the layouts of both kinds of events, by the names of their structures. */
#define LAYOUT(event, person_tile, rows, tiles)                                                    \
    .size = sizeof(struct event), .key = offsetof(struct event, key),                              \
    .content = offsetof(struct event, content), .user_id = offsetof(struct event, user_id),        \
    .occurred_at = offsetof(struct event, occurred_at_us),                                         \
    .received_at = offsetof(struct event, received_at_us), .row = (rows),                          \
    .row_columns = sizeof(rows) / sizeof(rows)[0], .tile = (tiles),                                \
    .tile_columns = sizeof(tiles) / sizeof(tiles)[0], .tile_size = sizeof(struct person_tile)

static const struct member emotion_row[] = {
    EMOTION(SQL_UUID, user_id),        EMOTION(SQL_TIME, occurred_at_us),
    EMOTION(SQL_TIME, received_at_us), EMOTION(SQL_SMALL, positivity),
    EMOTION(SQL_SMALL, intensity),     EMOTION(SQL_SMALL, stress),
    EMOTION(SQL_TEXT, type),           EMOTION(SQL_TEXT, event_id),
    EMOTION(SQL_TEXT, trace_id),
};

static const struct member emotion_tile_row[] = {
    EMOTION_TILE(SQL_UUID, user_id),
    EMOTION_TILE(SQL_TIME, tile.hour_us),
    EMOTION_TILE(SQL_INTEGER, tile.event_count),
    EMOTION_TILE(SQL_INTEGER, tile.stress_event_count),
    EMOTION_TILE(SQL_INTEGER, tile.positivity_sum),
    EMOTION_TILE(SQL_INTEGER, tile.intensity_sum),
    EMOTION_TILE(SQL_INTEGER, tile.stress_sum),
    EMOTION_TILE(SQL_INTEGER, tile.stress_square_sum),
    EMOTION_TILE(SQL_INTEGER, tile.stress_min),
    EMOTION_TILE(SQL_INTEGER, tile.stress_max),
};

static bool emotion_fold(void *memory, const void *of, bool begins)
{
    struct person_emotion_tile *into = memory;
    const struct emotion_event *event = of;
    struct emotion_tile tile = emotion_tile_of(event);
    if (begins)
        *into = (struct person_emotion_tile){event->user_id, tile};
    else if (uuid_equal(&into->user_id, &event->user_id) && into->tile.hour_us == tile.hour_us)
        emotion_tile_merge(&into->tile, &tile);
    else
        return false;
    assert(into->tile.event_count >= into->tile.stress_event_count);
    return true;
}

enum status store_emotions_apply(struct store *store, const struct emotion_event events[],
                                 size_t count, enum event_result results[])
{
    static const struct event_layout kind = {
        .table = TABLE_EMOTIONS,
        .fold = emotion_fold,
        LAYOUT(emotion_event, person_emotion_tile, emotion_row, emotion_tile_row),
    };
    return batch_apply(store, &kind, events, count, results);
}

static const struct member transaction_row[] = {
    TRANSACTION(SQL_UUID, user_id),        TRANSACTION(SQL_TIME, occurred_at_us),
    TRANSACTION(SQL_TIME, received_at_us), TRANSACTION(SQL_INTEGER, amount_cents),
    TRANSACTION(SQL_SMALL, direction),     TRANSACTION(SQL_TEXT, currency),
    TRANSACTION(SQL_TEXT, category),       TRANSACTION(SQL_TEXT, transaction_id),
    TRANSACTION(SQL_TEXT, trace_id),       TRANSACTION(SQL_SMALL, source),
};

static const struct member transaction_tile_row[] = {
    TRANSACTION_TILE(SQL_UUID, user_id),
    TRANSACTION_TILE(SQL_TIME, tile.day_us),
    TRANSACTION_TILE(SQL_INTEGER, tile.count),
    TRANSACTION_TILE(SQL_INTEGER, tile.sum_cents),
    TRANSACTION_TILE(SQL_INTEGER, tile.square_sum),
    TRANSACTION_TILE(SQL_INTEGER, tile.min_cents),
    TRANSACTION_TILE(SQL_INTEGER, tile.max_cents),
    TRANSACTION_TILE(SQL_INTEGER, tile.in_count),
    TRANSACTION_TILE(SQL_INTEGER, tile.in_sum_cents),
};

static bool transaction_fold(void *memory, const void *of, bool begins)
{
    struct person_transaction_tile *into = memory;
    const struct transaction_event *event = of;
    struct transaction_tile tile = transaction_tile_of(event);
    if (begins)
        *into = (struct person_transaction_tile){event->user_id, tile};
    else if (uuid_equal(&into->user_id, &event->user_id) && into->tile.day_us == tile.day_us)
        transaction_tile_merge(&into->tile, &tile);
    else
        return false;
    assert(into->tile.count >= into->tile.in_count);
    assert(into->tile.min_cents <= into->tile.max_cents);
    return true;
}

enum status store_transactions_apply(struct store *store, const struct transaction_event events[],
                                     size_t count, enum event_result results[])
{
    static const struct event_layout kind = {
        .table = TABLE_TRANSACTIONS,
        .fold = transaction_fold,
        LAYOUT(transaction_event, person_transaction_tile, transaction_row, transaction_tile_row),
    };
    return batch_apply(store, &kind, events, count, results);
}

enum status store_positions_timed_since(struct store *store, int64_t *since_us)
{
    struct sql *sql = store->sql;
    enum status status =
        sql_one(sql, "SELECT timed_since FROM event_positions WHERE id = $1", sql_integer(1));
    if (status == STATUS_OK)
        *since_us = sql_row_time_us(sql);
    sql_end(sql);
    return status;
}

struct id_checks {
    struct id_check *checks;
    size_t count;
};

/* Few ids are known already, so each that is may look at all. */
static void id_take(struct sql *sql, void *context)
{
    struct id_checks *all = context;
    struct hash key = sql_row_hash(sql), content = sql_row_hash(sql);
    for (size_t i = 0; i < all->count; i++) {
        struct id_check *check = &all->checks[i];
        if (hash_compare(&check->key, &key) == 0)
            check->conflicts = hash_compare(&check->content, &content) != 0;
    }
}

enum status store_ids_check(struct store *store, struct id_check checks[], size_t count)
{
    struct id_checks all = {checks, count};
    struct sql_column key = {SQL_HASH, &checks[0].key, sizeof checks[0]};
    for (size_t i = 0; i < count; i++)
        checks[i].conflicts = false;
    return sql_bulk(store->sql, &(struct sql_bulk){store->dialect->events.keys_read, &key, 1, NULL,
                                                   count, id_take, &all});
}

/* Whether the key that is there already is of the same request. */
static enum status claim_compare(struct sql *sql, const struct uuid *owner, const struct hash *key,
                                 const struct hash *request)
{
    enum status status =
        sql_one(sql, "SELECT request FROM submission_keys WHERE owner = $1 AND key = $2",
                sql_uuid(owner), sql_hash(key));
    if (status == STATUS_OK) {
        struct hash claimed = sql_row_hash(sql);
        if (hash_compare(&claimed, request) != 0)
            status = STATUS_CONFLICT;
    }
    sql_end(sql);
    return status == STATUS_NOT_FOUND ? STATUS_TOO_MANY_REQUESTS : status;
}

enum status store_submission_claim(struct store *store, const struct uuid *owner,
                                   const struct idempotency *idempotency, int64_t now_us)
{
    static const struct uuid nobody;
    struct sql *sql = store->sql;
    struct hash key = hash_of((const struct slice[]){slice_of(idempotency->key)}, 1);
    int64_t max = uuid_equal(owner, &nobody) ? 0 : IDEMPOTENCY_KEYS_MAX, added = 0;
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = sql_do(sql,
                        "INSERT INTO submission_keys (owner, key, request, created_at)"
                        " SELECT $1, $2, $3, $4 WHERE $5 = 0 OR (SELECT count(*) FROM (SELECT 1"
                        " FROM submission_keys WHERE owner = $1 LIMIT $5) AS k) < $5"
                        " ON CONFLICT DO NOTHING RETURNING 1",
                        &added, sql_uuid(owner), sql_hash(&key), sql_hash(&idempotency->request),
                        sql_time(now_us), sql_integer(max));
    if (status == STATUS_OK && added == 0)
        status = claim_compare(sql, owner, &key, &idempotency->request);
    return sql_finish(sql, status);
}
