/* SPDX-License-Identifier: Apache-2.0
 *
 * Offers: the list of a person's own, and acceptance. Accepting changes the offer and writes the
 * event for the bus in one transaction; the line becomes active behind the answer.
 */
#include "base/json_put.h"
#include "base/log.h"
#include "roles/outbox.h"
#include "roles/user_credit.h"
#include "store/messages.h"
#include "store/offers.h"
#include "store/store.h"
#include "wire/credit_json.h"

enum { EVENT_MAX = 1024 };

static const char no_offer[] = "Offer not found, expired or already processed.";

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
    answer_page_close(json);
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

static enum status accept(struct role_context *context, const struct request *request)
{
    struct slice text = request->path_parameters[0];
    const struct uuid *user_id = &request->principal.user_id;
    int64_t now_us = clock_now_us(context->clock);
    struct uuid offer_id;
    struct offer offer;
    struct outbox_row event;
    bool changed;
    if (uuid_parse(text.data, text.size, &offer_id) != STATUS_OK)
        return STATUS_NOT_FOUND;
    enum status status = store_offer_read(context->store, &offer_id, user_id, &offer);
    if (status == STATUS_OK)
        status = event_make(&offer, request, now_us, &event);
    if (status == STATUS_OK)
        status = store_offer_accept(context->store, &offer_id, user_id, now_us, &event, &changed);
    if (status == STATUS_OK && changed) {
        char id[UUID_TEXT_SIZE];
        uuid_format(&offer_id, id);
        log_info("offer accepted", LOG_TEXT("request_id", request->request_id),
                 LOG_TEXT("offer_id", id));
    }
    return status;
}

void user_credit_accept(struct role_context *context, struct exchange *exchange)
{
    struct response *response = &exchange->response;
    struct field_errors errors;
    struct uuid user_id;
    char reason[REASON_MAX + 1];
    enum status status =
        credit_acceptance_decode(exchange->request.body, &user_id, &errors, reason);
    if (status != STATUS_OK) {
        answer_refused(response, status, &errors, reason);
        return;
    }
    if (!uuid_equal(&user_id, &exchange->request.principal.user_id)) {
        response_error(response, STATUS_FORBIDDEN, "Not allowed for this user.");
        return;
    }
    status = accept(context, &exchange->request);
    if (status != STATUS_OK) {
        answer_failed(response, status, no_offer);
        return;
    }
    json_put_open(&response->body, NULL, '{');
    json_put_text(&response->body, "status", "offer acceptance is being processed");
    json_put_close(&response->body, '}');
}
