/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: offers on their way through the steps of domain/offer.def. Each step is an UPDATE that
 * names the state it starts from, so that of two who take it at once one finds nothing to change:
 * OFFER_CHANGE in internal.h. It is taken here, and for many at once in statements of both
 * dialects: offers_supersede and offers_expire of a new decision, which ends the offer before it
 * (record.c), and the offers_expire that the sweep runs (sweep.c).
 */
#include "store/offers.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "process/steady.h"
#include "store/internal.h"

enum status store_offer_take(struct sql *sql, struct offer *offer)
{
    char status_text[16];
    offer->id = sql_row_uuid(sql);
    offer->user_id = sql_row_uuid(sql);
    offer->decision_id = sql_row_uuid(sql);
    sql_row_text(sql, status_text, sizeof status_text);
    offer->limit_cents = sql_row_integer(sql);
    offer->rate_bp = (int32_t)sql_row_integer(sql);
    sql_row_text(sql, offer->credit_type, sizeof offer->credit_type);
    offer->created_at_us = sql_row_time_us(sql);
    offer->expires_at_us = sql_row_time_us(sql);
    offer->accepted_at_us = sql_row_time_us(sql);
    offer->activated_at_us = sql_row_time_us(sql);
    return offer_status_parse(status_text, &offer->status);
}

static enum status offer_take_one(struct sql *sql, enum status status, struct offer *offer)
{
    if (status == STATUS_OK)
        status = store_offer_take(sql, offer);
    sql_end(sql);
    return status;
}

enum status store_offers_list(struct store *store, const struct uuid *user_id, struct page page,
                              struct offer out[], size_t *count, int64_t *total)
{
    struct sql *sql = store->sql;
    *count = 0;
    enum status status =
        sql_start(sql,
                  "SELECT t.total, " OFFER_COLUMNS
                  " FROM (SELECT count(*) AS total FROM offers WHERE user_id = $1) t"
                  " LEFT JOIN (SELECT * FROM offers WHERE user_id = $1"
                  " ORDER BY position DESC LIMIT $2 OFFSET $3) o ON TRUE ORDER BY o.position DESC",
                  sql_uuid(user_id), sql_integer(page.size), sql_integer(page.offset));
    while (sql_row(sql, &status)) {
        *total = sql_row_integer(sql);
        if (sql_row_is_null(sql))
            continue; /* there is none */
        assert((size_t)page.size > *count);
        status = store_offer_take(sql, &out[(*count)++]);
    }
    return sql_rows_end(sql, status);
}

enum status store_offer_read(struct store *store, const struct uuid *id, const struct uuid *user_id,
                             struct offer *offer)
{
    struct sql *sql = store->sql;
    enum status status =
        sql_one(sql, "SELECT " OFFER_COLUMNS " FROM offers o WHERE o.user_id = $1 AND o.id = $2",
                sql_uuid(user_id), sql_uuid(id));
    return offer_take_one(sql, status, offer);
}

enum status store_line_read(struct store *store, const struct uuid *user_id, struct offer *line)
{
    struct sql *sql = store->sql;
    enum status status = sql_one(
        sql, "SELECT " OFFER_COLUMNS " FROM offers o WHERE o.user_id = $1 AND o.status = 'active'",
        sql_uuid(user_id));
    return offer_take_one(sql, status, line);
}

/* Takes that step, which must be one of domain/offer.def, with the person's offer of that id, or if
 * `id` is NULL with all of theirs. `changed`: how many were `from` and in time. */
static enum status offer_change(struct sql *sql, enum offer_status from, enum offer_status to,
                                const struct uuid *user_id, const struct uuid *id, int64_t now_us,
                                int64_t *changed)
{
    static const struct {
        const char *of_person, *of_id;
    } texts[OFFER_STATUS_COUNT][OFFER_STATUS_COUNT] = {
#define OFFER_STATUS(name)
#define OFFER_STEP(from, to, when)                                                                 \
    [OFFER_##from][OFFER_##to] = {OFFER_CHANGE(from, to, when, "user_id = $2"),                    \
                                  OFFER_CHANGE(from, to, when, "user_id = $2 AND id = $3")},
#include "domain/offer.def"
#undef OFFER_STATUS
#undef OFFER_STEP
    };
    assert(offer_may_become(from, to));
    assert(texts[from][to].of_id != NULL);
    if (id == NULL)
        return sql_do(sql, texts[from][to].of_person, changed, sql_time(now_us), sql_uuid(user_id));
    return sql_do(sql, texts[from][to].of_id, changed, sql_time(now_us), sql_uuid(user_id),
                  sql_uuid(id));
}

/* Acceptances of one try, ascending by person: two tries that share offers take them in the same
 * order. */
struct accepting {
    struct store *store;
    struct acceptance *acceptances;
    uint32_t places[REQUESTS_AT_ONCE_MAX];
    size_t count;
    char streams[REQUESTS_AT_ONCE_MAX][32];
};

#define COLUMN(type, member)                                                                       \
    {                                                                                              \
        type, &accepting->acceptances[0].member, sizeof accepting->acceptances[0]                  \
    }

static struct acceptance *acceptance_at(const struct accepting *accepting, size_t i)
{
    assert(i < accepting->count);
    return &accepting->acceptances[accepting->places[i]];
}

static int by_person(const void *a, const void *b, void *context)
{
    const struct acceptance *acceptances = context;
    const struct acceptance *left = &acceptances[*(const uint32_t *)a];
    const struct acceptance *right = &acceptances[*(const uint32_t *)b];
    int order = uuid_compare(&left->user_id, &right->user_id);
    return order != 0 ? order : (left > right) - (left < right);
}

static void accepting_begin(struct accepting *accepting, struct store *store,
                            struct acceptance acceptances[], size_t count)
{
    assert(count <= REQUESTS_AT_ONCE_MAX);
    accepting->store = store;
    accepting->acceptances = acceptances;
    accepting->count = count;
    for (size_t i = 0; i < count; i++)
        accepting->places[i] = (uint32_t)i;
    qsort_r(accepting->places, count, sizeof accepting->places[0], by_person, acceptances);
}

/* Runs a statement once for each of these places. */
static enum status places_bulk(const struct accepting *accepting, const char *text,
                               const struct sql_column columns[], size_t column_count,
                               const uint32_t places[], size_t count, sql_row_reader *read)
{
    return sql_bulk(accepting->store->sql,
                    &(struct sql_bulk){text, columns, column_count, places, count, read,
                                       (void *)(uintptr_t)accepting});
}

/* An offer may have been asked for twice. */
static void offer_found(struct sql *sql, void *context)
{
    const struct accepting *accepting = context;
    struct offer offer;
    enum status status = store_offer_take(sql, &offer);
    for (size_t i = 0; i < accepting->count; i++) {
        struct acceptance *acceptance = acceptance_at(accepting, i);
        if (!uuid_equal(&acceptance->offer_id, &offer.id) ||
            !uuid_equal(&acceptance->user_id, &offer.user_id))
            continue;
        acceptance->offer = offer;
        acceptance->status = status;
    }
}

static enum status offers_find(const struct accepting *accepting)
{
    const struct sql_column columns[] = {COLUMN(SQL_UUID, user_id), COLUMN(SQL_UUID, offer_id)};
    for (size_t i = 0; i < accepting->count; i++)
        acceptance_at(accepting, i)->status = STATUS_NOT_FOUND;
    return places_bulk(accepting, accepting->store->dialect->analyses.offers_find, columns, 2,
                       accepting->places, accepting->count, offer_found);
}

enum status store_acceptances_read(struct store *store, struct acceptance acceptances[],
                                   size_t count)
{
    struct accepting accepting;
    accepting_begin(&accepting, store, acceptances, count);
    return offers_find(&accepting);
}

/* Of two who accept the same offer, the first has done it. */
static void changed_take(struct sql *sql, void *context)
{
    const struct accepting *accepting = context;
    struct uuid id = sql_row_uuid(sql);
    for (size_t i = 0; i < accepting->count; i++) {
        struct acceptance *acceptance = acceptance_at(accepting, i);
        if (acceptance->changed || !uuid_equal(&acceptance->offer_id, &id))
            continue;
        acceptance->changed = true;
        return;
    }
}

/* The events of those that were changed. */
static enum status events_add(struct accepting *accepting)
{
    const struct sql_column columns[] = {
        {SQL_TEXT, accepting->streams[0], sizeof accepting->streams[0]},
        COLUMN(SQL_TEXT, event.request_id),
        COLUMN(SQL_TEXT, event.traceparent),
        COLUMN(SQL_TEXT, event.payload),
        COLUMN(SQL_TIME, now_us)};
    uint32_t changed[REQUESTS_AT_ONCE_MAX];
    size_t count = 0;
    for (size_t i = 0; i < accepting->count; i++) {
        uint32_t place = accepting->places[i];
        const struct acceptance *acceptance = acceptance_at(accepting, i);
        if (!acceptance->changed)
            continue;
        snprintf(accepting->streams[place], sizeof accepting->streams[0], "%s",
                 stream_name(acceptance->event.stream));
        changed[count++] = place;
    }
    return places_bulk(accepting, accepting->store->dialect->analyses.outbox_add, columns, 5,
                       changed, count, NULL);
}

/* Who has changed nothing is told OK if the offer's state is one that lies behind the step. */
static enum status others_judge(const struct accepting *accepting)
{
    struct accepting others = *accepting;
    others.count = 0;
    for (size_t i = 0; i < accepting->count; i++) {
        struct acceptance *acceptance = acceptance_at(accepting, i);
        acceptance->status = STATUS_OK;
        if (!acceptance->changed)
            others.places[others.count++] = accepting->places[i];
    }
    enum status status = offers_find(&others);
    for (size_t i = 0; i < others.count && status == STATUS_OK; i++) {
        struct acceptance *acceptance = acceptance_at(&others, i);
        enum offer_status state = acceptance->offer.status;
        if (acceptance->status == STATUS_OK && state != OFFER_accepted && state != OFFER_active)
            acceptance->status = STATUS_NOT_FOUND;
    }
    return status;
}

static enum status accept_try(struct accepting *accepting)
{
    struct sql *sql = accepting->store->sql;
    const struct sql_column columns[] = {COLUMN(SQL_TIME, now_us), COLUMN(SQL_UUID, user_id),
                                         COLUMN(SQL_UUID, offer_id)};
    for (size_t i = 0; i < accepting->count; i++)
        acceptance_at(accepting, i)->changed = false;
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = places_bulk(accepting, accepting->store->dialect->analyses.offers_accept, columns,
                             3, accepting->places, accepting->count, changed_take);
    if (status == STATUS_OK)
        status = events_add(accepting);
    if (status == STATUS_OK)
        status = others_judge(accepting);
    return sql_finish(sql, status);
}

void store_offers_accept(struct store *store, struct acceptance acceptances[], size_t count)
{
    struct accepting accepting;
    int64_t give_up_us = steady_now_us() + STORE_DEADLINE_US;
    accepting_begin(&accepting, store, acceptances, count);
    if (count > 1 && accept_try(&accepting) == STATUS_OK)
        return;
    for (size_t i = 0; i < count; i++) {
        accepting_begin(&accepting, store, &acceptances[i], 1);
        enum status status =
            i > 0 && steady_now_us() >= give_up_us ? STATUS_UNAVAILABLE : accept_try(&accepting);
        if (status != STATUS_OK)
            acceptances[i].status = status;
    }
}

/* The old line goes first: the database allows one at a time. */
static enum status line_change(struct sql *sql, const struct uuid *offer_id,
                               const struct uuid *user_id, int64_t now_us)
{
    int64_t before = 0, now = 0;
    enum status status =
        offer_change(sql, OFFER_active, OFFER_superseded, user_id, NULL, now_us, &before);
    if (status == STATUS_OK)
        status = offer_change(sql, OFFER_accepted, OFFER_active, user_id, offer_id, now_us, &now);
    assert(before <= 1 && now <= 1);
    return status;
}

enum status store_offer_activate(struct store *store, const struct uuid *offer_id,
                                 const struct uuid *user_id, int64_t now_us,
                                 const struct notification *notification,
                                 const struct outbox_row *event, bool *changed)
{
    struct sql *sql = store->sql;
    struct offer offer;
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = sql_one(sql, store->dialect->person_lock, sql_uuid(user_id));
    if (status == STATUS_OK)
        status = store_offer_read(store, offer_id, user_id, &offer);
    *changed = status == STATUS_OK && offer.status == OFFER_accepted;
    if (*changed)
        status = line_change(sql, offer_id, user_id, now_us);
    else if (status == STATUS_OK && offer.status != OFFER_active &&
             offer.status != OFFER_superseded)
        status = STATUS_NOT_FOUND;
    if (status == STATUS_OK && *changed)
        status = store_notification_insert(sql, notification);
    if (status == STATUS_OK && *changed)
        status = store_outbox_insert(sql, event, now_us);
    return sql_finish(sql, status);
}

enum status store_offers_waiting(struct store *store, int64_t before_us, struct offer out[],
                                 size_t max, size_t *count)
{
    struct sql *sql = store->sql;
    *count = 0;
    enum status status = sql_start(sql,
                                   "SELECT " OFFER_COLUMNS " FROM offers o WHERE"
                                   " o.status = 'accepted' AND o.accepted_at < $1"
                                   " ORDER BY o.accepted_at LIMIT $2",
                                   sql_time(before_us), sql_integer((int64_t)max));
    while (sql_row(sql, &status)) {
        assert(*count < max);
        status = store_offer_take(sql, &out[(*count)++]);
    }
    return sql_rows_end(sql, status);
}
