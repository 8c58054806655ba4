/* SPDX-License-Identifier: Apache-2.0
 *
 * Role transaction-ingestion: POST /v1/transactions → transactions on the bus. People report their
 * own, one at a time; producers those of everybody, one or a batch. Each keeps who reported it.
 *
 * What is known of transactions before they are counted is refused here: an Idempotency-Key that
 * was used for another request, an id that was used for another transaction. The worker knows for
 * certain, and refuses later what slips through; but whoever is answered here need not look for it
 * among the dead letters. docs/decisions/known-transactions.md tells why it is done so.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/seal.h"
#include "roles/answers.h"
#include "roles/ingestion.h"
#include "store/events.h"
#include "wire/transaction_json.h"

enum { MEMO_NAME_SIZE = 64, MEMO_SIZE = 2 * HASH_SIZE };

/* Longer than an event waits to be counted, unless the worker is in trouble. */
#define MEMO_LIFE_US (2 * MINUTE_US)

/* Takes the request's key, if it has one. False: the refusal is written. */
static bool key_claim(struct role_context *context, struct exchange *exchange)
{
    const struct request *request = &exchange->request;
    struct response *response = &exchange->response;
    char key[IDEMPOTENCY_KEY_MAX + 1];
    if (request->idempotency_key.size == 0)
        return true;
    slice_text(request->idempotency_key, key, sizeof key);
    const struct idempotency idempotency = {
        .key = key,
        .request = hash_of((const struct slice[]){slice_of("transactions"), request->body}, 2)};
    enum status status = STATUS_UNAVAILABLE;
    if (context->store != NULL)
        status = store_submission_claim(context->store, &request->principal.user_id, &idempotency,
                                        request->received_us);
    if (status == STATUS_OK)
        return true;
    if (!answer_key_refused(response, status))
        answer_unavailable(response, "Idempotency-Key cannot be checked. Please try again later.");
    return false;
}

/* What the cache remembers of an event that is on its way: its content, and a tag that only the
 * holder of our secret can make, for nobody's payment may be refused by what lies in a cache. */
static void memo_make(const struct role_context *context, const struct submission *submission,
                      char name[MEMO_NAME_SIZE], uint8_t memo[MEMO_SIZE])
{
    const struct token_keys *tokens = context->settings->tokens;
    char key[HASH_TEXT_SIZE];
    hash_format(&submission->key, key);
    snprintf(name, MEMO_NAME_SIZE, "transaction:%s", key);
    struct slice content = {(const char *)submission->content.bytes, HASH_SIZE};
    const struct slice parts[] = {slice_of(name), content};
    struct hash tag = tokens == NULL ? hash_of(parts, 2) : seal_make(tokens, SEAL_MEMO, parts, 2);
    memcpy(memo, submission->content.bytes, HASH_SIZE);
    memcpy(memo + HASH_SIZE, tag.bytes, HASH_SIZE);
}

/* True if the cache knows the same id with other content; else it knows this one from now on. */
static bool memo_differs(struct role_context *context, const struct submission *submission)
{
    char name[MEMO_NAME_SIZE];
    uint8_t ours[MEMO_SIZE], theirs[MEMO_SIZE];
    struct submission other = *submission;
    struct buf found;
    bool differs = false;
    memo_make(context, submission, name, ours);
    buf_init(&found, MEMO_SIZE);
    if (cache_get(context->cache, name, &found) == STATUS_OK && found.size == MEMO_SIZE) {
        memcpy(other.content.bytes, found.data, HASH_SIZE);
        memo_make(context, &other, name, theirs);
        differs =
            memcmp(theirs, found.data, MEMO_SIZE) == 0 && memcmp(ours, theirs, MEMO_SIZE) != 0;
    }
    buf_free(&found);
    /* A cache that forgets or fails costs an early answer, nothing else. */
    if (!differs)
        (void)!cache_set(context->cache, name, (struct slice){(const char *)ours, MEMO_SIZE},
                         MEMO_LIFE_US);
    return differs;
}

static void conflict_note(struct submission *submission)
{
    assert(submission->status == STATUS_OK && submission->has_id);
    submission->status = STATUS_CONFLICT;
    snprintf(submission->reason, sizeof submission->reason,
             "transactionId was used for another transaction.");
}

/* Lines of one batch that use an id of a line before them for something else. */
static void lines_compare(struct submission submissions[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i && submissions[i].has_id; k++)
            if (submissions[i].status == STATUS_OK && submissions[k].status == STATUS_OK &&
                submissions[k].has_id &&
                hash_compare(&submissions[i].key, &submissions[k].key) == 0 &&
                hash_compare(&submissions[i].content, &submissions[k].content) != 0)
                conflict_note(&submissions[i]);
}

/* Compares with what was counted. A database that cannot be asked costs an early answer only. */
static void ids_compare(struct store *store, struct submission submissions[], size_t count)
{
    struct id_check *checks = calloc(count, sizeof *checks);
    size_t *places = calloc(count, sizeof *places), known = 0;
    for (size_t i = 0; checks != NULL && places != NULL && i < count; i++) {
        if (submissions[i].status != STATUS_OK || !submissions[i].has_id)
            continue;
        places[known] = i;
        checks[known++] = (struct id_check){submissions[i].key, submissions[i].content, false};
    }
    if (known > 0 && store_ids_check(store, checks, known) == STATUS_OK) {
        for (size_t i = 0; i < known; i++)
            if (checks[i].conflicts)
                conflict_note(&submissions[places[i]]);
    }
    free(places);
    free(checks);
}

static bool transaction_judge(struct role_context *context, struct exchange *exchange,
                              struct submission submissions[], size_t count)
{
    if (!key_claim(context, exchange))
        return false;
    if (context->store != NULL)
        ids_compare(context->store, submissions, count);
    lines_compare(submissions, count);
    for (size_t i = 0; i < count && context->cache != NULL && !exchange->request.is_batch; i++)
        if (submissions[i].status == STATUS_OK && submissions[i].has_id &&
            memo_differs(context, &submissions[i]))
            conflict_note(&submissions[i]);
    return true;
}

static enum status transaction_read(struct role_context *context, const struct request *request,
                                    struct slice document, struct submission *submission,
                                    struct buf *payload, struct refusal *refusal)
{
    const struct principal *who = &request->principal;
    struct event_origin origin = {.stream = STREAM_TRANSACTIONS,
                                  .published_us = request->received_us};
    struct transaction_rules rules = {.oldest_us = context->settings->raw_life_us,
                                      .source = who->is_producer ? SOURCE_CORE : SOURCE_SELF,
                                      .currency = context->settings->currency};
    struct transaction_event event;
    if (transaction_decode(document, &origin, &rules, &event, refusal) != STATUS_OK)
        return refusal->status;
    if (!who->is_producer && !uuid_equal(&event.user_id, &who->user_id))
        return refusal_make(refusal, STATUS_FORBIDDEN, "Not allowed for this user.");
    snprintf(event.trace_id, sizeof event.trace_id, "%s", request->request_id);
    submission->user_id = event.user_id;
    submission->key = event.key;
    submission->content = event.content;
    submission->has_id = event.transaction_id[0] != '\0';
    transaction_encode(&event, payload);
    return STATUS_OK;
}

static void transaction_receive(struct role_context *context, struct exchange *exchange)
{
    static const struct ingestion transactions = {
        .stream = STREAM_TRANSACTIONS, .read = transaction_read, .judge = transaction_judge};
    ingestion_receive(&transactions, context, exchange);
}

static const struct endpoint endpoints[] = {
    {
        INGESTION_ENDPOINT,
        .path = "/v1/transactions",
        .auth = AUTH_USER_OR_INTERNAL,
        .handle = transaction_receive,
        .summary = "Take a transaction: with a token one of the person who asks, with an internal "
                   "key one of anybody, or a batch of up to 1000, one to a line.",
        .request_schema = "openapi/transaction.json",
        .response_schema = "openapi/transaction_received.json",
        .errors = "403 409 503",
    },
};

const struct role role_transaction_ingestion = {
    .name = "transaction-ingestion",
    .summary = "takes transactions over HTTP and puts them on the bus",
    .uses = USES_BUS | USES_STORE | USES_CACHE,
    .without_store = true,
    .endpoints = endpoints,
    .endpoint_count = sizeof endpoints / sizeof endpoints[0],
};
