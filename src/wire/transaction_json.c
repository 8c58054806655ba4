/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/transaction_json.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/json_put.h"
#include "wire/fields.h"

enum { CENTS_SCALE = 100 };

static const char *const sources[] = {
    [SOURCE_UNSAID] = "", [SOURCE_CORE] = "core", [SOURCE_SELF] = "self"};

/* What the client said. The time is left out: the edge stamps it when the client gave none, and
 * the same transaction sent again must not become another one by that. */
static struct hash content_of(const struct transaction_event *event)
{
    uint8_t bytes[HASH_NUMBER_SIZE + 1];
    hash_number(bytes, (uint64_t)event->amount_cents);
    bytes[HASH_NUMBER_SIZE] = (uint8_t)event->direction;
    return hash_of(
        (const struct slice[]){
            {(const char *)event->user_id.bytes, sizeof event->user_id.bytes},
            {(const char *)bytes, sizeof bytes},
            slice_of(event->currency),
            slice_of(event->category),
        },
        4);
}

static void direction_decode(const struct fields *body, enum transaction_direction *direction)
{
    const json_t *value = json_object_get(body->object, "direction");
    const char *text = json_string_value(value);
    *direction = TRANSACTION_OUT;
    if (text != NULL && strcmp(text, "in") == 0)
        *direction = TRANSACTION_IN;
    else if (value != NULL && !json_is_null(value) && (text == NULL || strcmp(text, "out") != 0))
        field_error_add(body, "direction", "literal_error", "Input should be 'in' or 'out'", value);
}

/* As who hands it in says; only where nobody does, as the payload says. */
static void source_decode(const struct fields *body, enum transaction_source known,
                          enum transaction_source *source)
{
    const json_t *value = json_object_get(body->object, "source");
    const char *text = json_string_value(value);
    *source = known == SOURCE_UNSAID ? SOURCE_CORE : known;
    if (known != SOURCE_UNSAID || value == NULL || json_is_null(value))
        return;
    if (text != NULL && strcmp(text, sources[SOURCE_SELF]) == 0)
        *source = SOURCE_SELF;
    else if (text == NULL || strcmp(text, sources[SOURCE_CORE]) != 0)
        field_error_add(body, "source", "literal_error", "Input should be 'core' or 'self'", value);
}

static void currency_decode(const struct fields *body, const char *only,
                            char currency[CURRENCY_LENGTH + 1])
{
    if (!field_text(body, "currency", FIELD_OPTIONAL, CURRENCY_LENGTH, CURRENCY_LENGTH, currency))
        return;
    for (char *letter = currency; *letter != '\0'; letter++) {
        if (!isalpha((unsigned char)*letter)) {
            field_error_add(body, "currency", "string_pattern_mismatch",
                            "String should match pattern '^[A-Za-z]{3}$'",
                            json_object_get(body->object, "currency"));
            return;
        }
        *letter = (char)toupper((unsigned char)*letter);
    }
    if (only != NULL && currency[0] != '\0' && strcmp(currency, only) != 0) {
        char message[FIELD_MESSAGE_MAX];
        snprintf(message, sizeof message, "Input should be '%s', the currency of all amounts here",
                 only);
        field_error_add(body, "currency", "literal_error", message,
                        json_object_get(body->object, "currency"));
    }
}

enum status transaction_decode(struct slice payload, const struct event_origin *origin,
                               const struct transaction_rules *rules,
                               struct transaction_event *event, struct refusal *refusal)
{
    struct fields body;
    if (fields_open(payload, &body, refusal) != STATUS_OK)
        return refusal->status;
    *event = (struct transaction_event){.occurred_at_us = origin->published_us,
                                        .received_at_us = origin->published_us};
    field_uuid(&body, "userId", &event->user_id);
    field_decimal(&body, "amount", CENTS_SCALE, 1, AMOUNT_CENTS_MAX, &event->amount_cents);
    currency_decode(&body, rules->currency, event->currency);
    direction_decode(&body, &event->direction);
    source_decode(&body, rules->source, &event->source);
    field_text(&body, "category", FIELD_OPTIONAL, 1, CATEGORY_MAX, event->category);
    if (field_time(&body, "occurredAt", FIELD_OPTIONAL, &event->occurred_at_us))
        field_time_near(&body, "occurredAt", event->occurred_at_us, origin->published_us,
                        rules->oldest_us);
    field_text(&body, "transactionId", FIELD_OPTIONAL, 1, EVENT_ID_MAX, event->transaction_id);
    field_text_if_fits(&body, "traceId", TRACE_ID_MAX, event->trace_id);
    if (fields_close(&body, refusal) != STATUS_OK)
        return refusal->status;
    assert(event->amount_cents >= 1 && event->amount_cents <= AMOUNT_CENTS_MAX);
    assert(event->source == SOURCE_CORE || event->source == SOURCE_SELF);
    event->key = event_key(origin, event->source == SOURCE_SELF ? IDS_OF_PERSON : IDS_OF_PRODUCERS,
                           &event->user_id, slice_of(event->transaction_id), payload);
    event->content = content_of(event);
    return STATUS_OK;
}

void transaction_encode(const struct transaction_event *event, struct buf *json)
{
    json_put_open(json, NULL, '{');
    json_put_uuid(json, "userId", &event->user_id);
    json_put_decimal(json, "amount", event->amount_cents, 2);
    field_text_encode("currency", event->currency, json);
    field_text_encode("direction", event->direction == TRANSACTION_IN ? "in" : "out", json);
    field_text_encode("category", event->category, json);
    json_put_time(json, "occurredAt", event->occurred_at_us);
    field_text_encode("transactionId", event->transaction_id, json);
    field_text_encode("source", sources[event->source], json);
    field_text_encode("traceId", event->trace_id, json);
    json_put_close(json, '}');
}
