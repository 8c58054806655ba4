/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/transaction_json.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/json_put.h"

static const char *const directions[] = {"in", "out"};
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

/* Which of two words a member is; `usual` if it says nothing. */
static int word_decode(const struct fields *body, const char *name, const char *const words[2],
                       int usual)
{
    const json_t *value = json_object_get(body->object, name);
    const char *text = json_string_value(value);
    for (int i = 0; i < 2; i++)
        if (text != NULL && strcmp(text, words[i]) == 0)
            return i;
    if (value != NULL && !json_is_null(value))
        field_refuse(body, name, "literal_error", value, "Input should be '%s' or '%s'", words[0],
                     words[1]);
    return usual;
}

static void currency_decode(const struct fields *body, const char *only,
                            char currency[CURRENCY_LENGTH + 1])
{
    const json_t *value = json_object_get(body->object, "currency");
    if (!field_text(body, "currency", FIELD_OPTIONAL, CURRENCY_LENGTH, CURRENCY_LENGTH, currency) ||
        currency[0] == '\0')
        return;
    for (char *letter = currency; *letter != '\0'; letter++)
        *letter = (char)toupper((unsigned char)*letter);
    if (!event_currency_is_good(currency))
        field_refuse(body, "currency", "string_pattern_mismatch", value,
                     "String should match pattern '^[A-Za-z]{3}$'");
    else if (only != NULL && strcmp(currency, only) != 0)
        field_refuse(body, "currency", "literal_error", value,
                     "Input should be '%s', the currency of all amounts here", only);
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
    field_decimal(&body, "amount", CENTS, 1, AMOUNT_CENTS_MAX, &event->amount_cents);
    currency_decode(&body, rules->currency, event->currency);
    event->direction =
        word_decode(&body, "direction", directions, 1) == 0 ? TRANSACTION_IN : TRANSACTION_OUT;
    event->source = rules->source; /* only where nobody says it, as the payload does */
    if (event->source == SOURCE_UNSAID)
        event->source = SOURCE_CORE + word_decode(&body, "source", &sources[SOURCE_CORE], 0);
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
