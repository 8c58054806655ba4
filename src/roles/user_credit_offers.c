/* SPDX-License-Identifier: Apache-2.0
 *
 * What a person is offered, and what they are told of it. Accepting changes the offer and writes
 * the event for the bus in one transaction; the line becomes active behind the answer. The
 * notification of it is answered in a list, and as Server-Sent Events whose ids are those of the
 * list.
 */
#include "base/json_put.h"
#include "process/log.h"
#include "roles/outbox.h"
#include "roles/user_credit.h"
#include "store/messages.h"
#include "store/offers.h"
#include "store/store.h"
#include "wire/credit_json.h"
#include "wire/fields.h"

enum { EVENT_MAX = 1024, LIST_MAX = 100, FRAMES_MAX = 32, DATA_MAX = 1024 };

void user_credit_offers(struct role_context *context, struct exchange *exchange)
{
    struct buf *json = &exchange->response.body;
    struct offer offers[PAGE_SIZE_MAX];
    struct page page;
    size_t count;
    int64_t total;
    if (!answer_page_read(&exchange->request, &page, &exchange->response))
        return;
    enum status status = store_offers_list(context->store, &exchange->request.principal.user_id,
                                           page, offers, &count, &total);
    if (status != STATUS_OK) {
        answer_failed(&exchange->response, status, "");
        return;
    }
    answer_page_open(&page, total, json);
    for (size_t i = 0; i < count; i++)
        credit_offer_encode(&offers[i], json);
    json_put_ends(json, "]}");
}

static enum status event_make(const struct offer *offer, const struct request *request,
                              int64_t now_us, struct outbox_row *row)
{
    struct credit_accepted accepted = {
        .offer_id = offer->id,
        .user_id = offer->user_id,
        .limit_cents = offer->limit_cents,
        .rate_bp = offer->rate_bp,
        .accepted_at_us = now_us,
    };
    struct buf payload;
    buf_init(&payload, EVENT_MAX);
    memcpy(accepted.credit_type, offer->credit_type, sizeof accepted.credit_type);
    credit_accepted_encode(&accepted, &payload);
    enum status status = outbox_row_make(row, STREAM_CREDITS, slice_of(request->request_id),
                                         slice_of(request->traceparent), &payload);
    buf_free(&payload);
    return status;
}

static void acceptance_told(struct exchange *exchange, const struct acceptance *acceptance)
{
    const struct request *request = &exchange->request;
    struct response *response = &exchange->response;
    if (acceptance->status == STATUS_OK && acceptance->changed) {
        char id[UUID_TEXT_SIZE];
        uuid_format(&acceptance->offer_id, id);
        log_info("offer accepted", LOG_TEXT("request_id", request->request_id),
                 LOG_TEXT("offer_id", id));
    }
    if (acceptance->status == STATUS_OK)
        answer_done(response, "offer acceptance is being processed");
    else
        answer_failed(response, acceptance->status,
                      "Offer not found, expired or already processed.");
    exchange_done(exchange);
}

/* False if the request is answered already, with what is wrong. */
static bool acceptance_begin(struct exchange *exchange, int64_t now_us,
                             struct acceptance *acceptance)
{
    const struct request *request = &exchange->request;
    struct response *response = &exchange->response;
    struct slice text = request->path_parameters[0];
    struct refusal refusal;
    acceptance->now_us = now_us;
    acceptance->changed = false;
    if (credit_acceptance_decode(request->body, &acceptance->user_id, &refusal) != STATUS_OK) {
        answer_refused(response, &refusal);
        exchange_done(exchange);
        return false;
    }
    if (!uuid_equal(&acceptance->user_id, &request->principal.user_id)) {
        response_error(response, STATUS_FORBIDDEN, "Not allowed for this user.");
        exchange_done(exchange);
        return false;
    }
    acceptance->status = uuid_parse(text.data, text.size, &acceptance->offer_id) == STATUS_OK
                             ? STATUS_OK
                             : STATUS_NOT_FOUND;
    if (acceptance->status != STATUS_OK)
        acceptance_told(exchange, acceptance);
    return acceptance->status == STATUS_OK;
}

/* Reads the offers and makes their events. Keeps those whose status is OK, and answers the others;
 * returns how many these are. */
static size_t events_make(struct role_context *context, struct exchange *exchanges[],
                          struct acceptance acceptances[], size_t count)
{
    size_t kept = 0;
    enum status read = store_acceptances_read(context->store, acceptances, count);
    for (size_t i = 0; i < count; i++) {
        struct acceptance *acceptance = &acceptances[i];
        if (read != STATUS_OK)
            acceptance->status = read;
        if (acceptance->status == STATUS_OK)
            acceptance->status = event_make(&acceptance->offer, &exchanges[i]->request,
                                            acceptance->now_us, &acceptance->event);
        if (acceptance->status != STATUS_OK) {
            acceptance_told(exchanges[i], acceptance);
            continue;
        }
        exchanges[kept] = exchanges[i];
        acceptances[kept++] = *acceptance;
    }
    return kept;
}

size_t user_credit_accept(struct role_context *context, struct exchange *exchanges[], size_t count)
{
    struct acceptance acceptances[REQUESTS_AT_ONCE_MAX];
    int64_t now_us = clock_now_us(context->clock);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!acceptance_begin(exchanges[i], now_us, &acceptances[kept]))
            continue;
        exchanges[kept++] = exchanges[i];
    }
    kept = events_make(context, exchanges, acceptances, kept);
    store_offers_accept(context->store, acceptances, kept);
    for (size_t i = 0; i < kept; i++)
        acceptance_told(exchanges[i], &acceptances[i]);
    return REQUESTS_AT_ONCE_MAX;
}

/* `after` of the query, 0 if it did not come; false, with the 422 written, if it is no id. */
static bool after_read(const struct request *request, int64_t *after, struct response *response)
{
    struct slice text = request->query_after;
    *after = 0;
    if (text.data == NULL || (answer_number_parse(text, after) && *after >= 0))
        return true;
    struct field_errors errors = {0};
    answer_query_fault(&(struct fields){NULL, "query", &errors}, "after", text, "int_parsing",
                       "Input should be the id of a notification");
    response_field_errors(response, &errors);
    return false;
}

void user_credit_notifications(struct role_context *context, struct exchange *exchange)
{
    struct buf *json = &exchange->response.body;
    struct notification notifications[LIST_MAX];
    int64_t after;
    size_t count;
    if (!after_read(&exchange->request, &after, &exchange->response))
        return;
    enum status status =
        store_notifications_after(context->store, &exchange->request.principal.user_id, after,
                                  notifications, LIST_MAX, &count);
    if (status != STATUS_OK) {
        answer_failed(&exchange->response, status, "");
        return;
    }
    json_put_open(json, NULL, '{');
    json_put_open(json, "items", '[');
    for (size_t i = 0; i < count; i++)
        credit_notification_encode(&notifications[i], json);
    json_put_ends(json, "]}");
}

static void frame_write(const struct notification *notification, struct buf *frames)
{
    struct buf data;
    buf_init(&data, DATA_MAX);
    credit_notification_encode(notification, &data);
    buf_printf(frames, "id: %lld\nevent: %s\ndata: %s\n\n", (long long)notification->id,
               notification->type, buf_slice(&data).data);
    buf_free(&data);
}

void user_credit_notification_stream(struct role_context *context, struct exchange *exchange)
{
    struct request *request = &exchange->request;
    struct notification notifications[FRAMES_MAX];
    size_t count;
    exchange->response.content_type = "text/event-stream";
    enum status status =
        store_notifications_after(context->store, &request->principal.user_id,
                                  request->last_event_id, notifications, FRAMES_MAX, &count);
    if (status != STATUS_OK) {
        answer_failed(&exchange->response, status, "");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        frame_write(&notifications[i], &exchange->response.body);
        request->last_event_id = notifications[i].id;
    }
}
