/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: offers on their way through the steps of domain/offer.def. Each step is an UPDATE that
 * names the state it starts from, so that of two who take it at once one finds nothing to change:
 * OFFER_CHANGE in internal.h. It is taken here, and for many at once in statements of both dialects:
 * offers_supersede and offers_expire of a new decision, which ends the offer before it (record.c),
 * and the offers_expire that the sweep runs (sweep.c).
 */
#include "store/offers.h"

#include <assert.h>

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

enum status store_offer_change(struct sql *sql, enum offer_status from, enum offer_status to,
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

/* OK if the offer was accepted before. */
static enum status accepted_before(struct store *store, const struct uuid *offer_id,
                                   const struct uuid *user_id)
{
    struct offer offer;
    enum status status = store_offer_read(store, offer_id, user_id, &offer);
    if (status == STATUS_OK && offer.status != OFFER_accepted && offer.status != OFFER_active)
        status = STATUS_NOT_FOUND;
    return status;
}

enum status store_offer_accept(struct store *store, const struct uuid *offer_id,
                               const struct uuid *user_id, int64_t now_us,
                               const struct outbox_row *event, bool *changed)
{
    struct sql *sql = store->sql;
    int64_t accepted = 0;
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = store_offer_change(sql, OFFER_offered, OFFER_accepted, user_id, offer_id, now_us,
                                    &accepted);
    assert(accepted <= 1); /* an id is one offer's */
    *changed = accepted > 0;
    if (status == STATUS_OK)
        status = *changed ? store_outbox_insert(sql, event, now_us)
                          : accepted_before(store, offer_id, user_id);
    return sql_finish(sql, status);
}

/* The old line goes first: the database allows one at a time. */
static enum status line_change(struct sql *sql, const struct uuid *offer_id,
                               const struct uuid *user_id, int64_t now_us)
{
    int64_t before = 0, now = 0;
    enum status status =
        store_offer_change(sql, OFFER_active, OFFER_superseded, user_id, NULL, now_us, &before);
    if (status == STATUS_OK)
        status =
            store_offer_change(sql, OFFER_accepted, OFFER_active, user_id, offer_id, now_us, &now);
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
