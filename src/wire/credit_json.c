/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/credit_json.h"

#include "base/hash.h"
#include "base/json_put.h"
#include "wire/features_json.h"
#include "wire/score_json.h"

static void put_terms(const struct offer *offer, struct buf *json)
{
    json_put_decimal(json, "credit_limit", offer->limit_cents, 2);
    json_put_decimal(json, "interest_rate", offer->rate_bp, 2);
}

static void put_offer(const struct decision *decision, struct buf *json)
{
    if (!decision->has_offer) {
        json_put_null(json, "offer");
        return;
    }
    json_put_open(json, "offer", '{');
    json_put_uuid(json, "offer_id", &decision->offer.id);
    put_terms(&decision->offer, json);
    json_put_text(json, "credit_type", decision->offer.credit_type);
    json_put_time(json, "expires_at", decision->offer.expires_at_us);
    json_put_close(json, '}');
}

static void put_reasons(const struct decision *decision, struct buf *json)
{
    json_put_text(json, "reason", decision->approved ? NULL : decision->reason);
    const struct reasons *reasons = &decision->reasons;
    json_put_open(json, "reasons", '[');
    if (!decision->approved && reasons->count == 0)
        json_put_text(json, NULL, decision->reason);
    for (size_t i = 0; i < reasons->count; i++)
        json_put_text(json, NULL, feature_definitions[reasons->list[i].feature].words);
    json_put_close(json, ']');
}

/* The reasons again, for machines and for readers of Portuguese. */
static void put_factors(const struct reasons *reasons, struct buf *json)
{
    json_put_open(json, "factors", '[');
    for (size_t i = 0; i < reasons->count; i++) {
        const struct reason *reason = &reasons->list[i];
        const struct feature_definition *feature = &feature_definitions[reason->feature];
        json_put_open(json, NULL, '{');
        json_put_text(json, "code", feature->name);
        json_put_text(json, "en", feature->words);
        json_put_text(json, "pt", feature->words_portuguese);
        json_put_decimal(json, "weight", reason->weight, 6);
        json_put_close(json, '}');
    }
    json_put_close(json, ']');
}

static void put_analysis(const struct decision *decision, struct buf *json)
{
    json_put_uuid(json, "user_id", &decision->user_id);
    json_put_boolean(json, "approved", decision->approved);
    json_put_decimal(json, "ml_risk_score", decision->risk, 6);
    put_offer(decision, json);
    put_reasons(decision, json);
    json_put_key(json, "nearest_approval");
    score_nearest_encode(&decision->nearest, json);
    json_put_uuid(json, "decision_id", &decision->id);
    json_put_text(json, "credit_type", decision->has_offer ? decision->offer.credit_type : NULL);
}

void credit_analysis_encode(const struct decision *decision, struct buf *json)
{
    json_put_open(json, NULL, '{');
    put_analysis(decision, json);
    json_put_close(json, '}');
}

void credit_decision_encode(const struct decision *decision, struct buf *json)
{
    char policy[HASH_TEXT_SIZE], entry[HASH_TEXT_SIZE];
    hash_format(&decision->policy, policy);
    hash_format(&decision->entry, entry);
    json_put_open(json, NULL, '{');
    put_analysis(decision, json);
    json_put_time(json, "decided_at", decision->decided_at_us);
    json_put_text(json, "model", decision->model);
    json_put_text(json, "policy", policy);
    json_put_text(json, "basis", risk_basis_name(decision->basis));
    json_put_boolean(json, "emotions_known", decision->emotions_known);
    json_put_decimal(json, "risk_score_full", decision->risk_full, 6);
    json_put_decimal(json, "risk_score_financial", decision->risk_financial, 6);
    put_factors(&decision->reasons, json);
    json_put_text(json, "entry", entry);
    json_put_open(json, "features", '{');
    features_encode(&decision->features, json);
    json_put_ends(json, "}}");
}

void credit_offer_encode(const struct offer *offer, struct buf *json)
{
    json_put_open(json, NULL, '{');
    json_put_uuid(json, "offer_id", &offer->id);
    json_put_text(json, "status", offer_status_name(offer->status));
    put_terms(offer, json);
    json_put_time(json, "created_at", offer->created_at_us);
    json_put_time(json, "expires_at", offer->expires_at_us);
    json_put_close(json, '}');
}

void credit_line_encode(const struct offer *line, struct buf *json)
{
    json_put_open(json, NULL, '{');
    json_put_uuid(json, "offer_id", &line->id);
    put_terms(line, json);
    json_put_text(json, "credit_type", line->credit_type);
    json_put_time(json, "activated_at", line->activated_at_us);
    json_put_close(json, '}');
}

static void put_words(const struct notification *notification, struct buf *json)
{
    json_put_text(json, "type", notification->type);
    json_put_text(json, "title", notification->title);
    json_put_text(json, "message", notification->message);
}

void credit_notification_encode(const struct notification *notification, struct buf *json)
{
    json_put_open(json, NULL, '{');
    json_put_integer(json, "id", notification->id);
    put_words(notification, json);
    json_put_uuid(json, "offer_id", &notification->offer_id);
    json_put_time(json, "created_at", notification->created_at_us);
    json_put_close(json, '}');
}

enum status credit_acceptance_decode(struct slice body, struct uuid *user_id,
                                     struct refusal *refusal)
{
    struct fields fields;
    if (fields_open(body, &fields, refusal) != STATUS_OK)
        return refusal->status;
    field_uuid(&fields, "userId", user_id);
    return fields_close(&fields, refusal);
}

void credit_accepted_encode(const struct credit_accepted *accepted, struct buf *json)
{
    json_put_open(json, NULL, '{');
    json_put_uuid(json, "offerId", &accepted->offer_id);
    json_put_uuid(json, "userId", &accepted->user_id);
    json_put_decimal(json, "creditLimit", accepted->limit_cents, 2);
    json_put_decimal(json, "interestRate", accepted->rate_bp, 2);
    json_put_text(json, "creditType", accepted->credit_type);
    json_put_time(json, "acceptedAt", accepted->accepted_at_us);
    json_put_close(json, '}');
}

enum status credit_accepted_decode(struct slice payload, struct credit_accepted *accepted,
                                   struct refusal *refusal)
{
    struct fields fields;
    if (fields_open(payload, &fields, refusal) != STATUS_OK)
        return refusal->status;
    int64_t rate_bp = 0;
    field_uuid(&fields, "offerId", &accepted->offer_id);
    field_uuid(&fields, "userId", &accepted->user_id);
    field_decimal(&fields, "creditLimit", CENTS, 1, AMOUNT_CENTS_MAX, &accepted->limit_cents);
    field_decimal(&fields, "interestRate", CENTS, 0, RATE_BP_MAX, &rate_bp);
    field_text(&fields, "creditType", FIELD_REQUIRED, 1, CREDIT_TYPE_MAX, accepted->credit_type);
    field_time(&fields, "acceptedAt", FIELD_REQUIRED, &accepted->accepted_at_us);
    accepted->rate_bp = (int32_t)rate_bp;
    return fields_close(&fields, refusal);
}

void credit_notification_event_encode(const struct notification *notification, struct buf *json)
{
    char id[HASH_TEXT_SIZE];
    struct hash hash = hash_of(
        (const struct slice[]){
            slice_of("notification"),
            {(const char *)notification->user_id.bytes, sizeof notification->user_id.bytes},
            {(const char *)notification->offer_id.bytes, sizeof notification->offer_id.bytes},
            slice_of(notification->type)},
        4);
    hash_format(&hash, id);
    json_put_open(json, NULL, '{');
    json_put_text(json, "notificationId", id);
    json_put_uuid(json, "userId", &notification->user_id);
    put_words(notification, json);
    json_put_close(json, '}');
}
