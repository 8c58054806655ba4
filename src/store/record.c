/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: decisions that wait together → chains, offers, keys and the log of heads, in one
 * transaction.
 *
 * First the persons are locked, in order. One whom another transaction holds is not waited for, so
 * that nobody waits for a stranger: that decision is recorded afterwards, alone, and so is one of a
 * person who comes again. Under the lock the states are read anew, and it is told in C which
 * decisions stand already and which are to be added. Then come whole columns: open offers end,
 * chains move on, decisions, offers and keys are added, and last the log of heads, whose shards are
 * locked in order too. As persons are taken without waiting, and shards after all else, two batches
 * cannot wait for each other.
 *
 * If anything fails, each is recorded again, alone, so that what fails for one is told of that one
 * only. If the answer to COMMIT was lost, they are found to stand already, or by their key.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process/steady.h"
#include "store/decisions.h"
#include "store/events.h"
#include "store/evidence.h"
#include "store/internal.h"

/* What is added for a decision, as columns. */
struct addition {
    struct decision decision;
    struct evidence evidence;
    struct chain_head head; /* that it makes */
    char basis[16];
    char key[IDEMPOTENCY_KEY_MAX + 1];
    struct hash request;
    struct uuid answer_id; /* of the decision that the key will be answered by */
};

/* Which of them take part in a step. */
struct places {
    uint32_t list[REQUESTS_AT_ONCE_MAX];
    size_t count;
};

/* Working memory of one try. All arrays have the order of `records`, which ascend by person. */
struct recording {
    struct store *store;
    struct decision_record *records[REQUESTS_AT_ONCE_MAX];
    size_t count;
    struct uuid persons[REQUESTS_AT_ONCE_MAX];
    bool locked[REQUESTS_AT_ONCE_MAX];
    struct credit_state states[REQUESTS_AT_ONCE_MAX];
    struct places ending; /* persons whose open offer ends, if they have one */
    struct places added, offered, keyed;
    struct log_entry log[REQUESTS_AT_ONCE_MAX];
    struct addition additions[];
};

static void places_add(struct places *places, size_t place)
{
    assert(places->count < REQUESTS_AT_ONCE_MAX);
    places->list[places->count++] = (uint32_t)place;
}

static const struct uuid *person_of(const struct decision_record *record)
{
    return &record->decision->user_id;
}

/* All that can be made before the transaction begins. */
static void additions_prepare(struct recording *recording)
{
    recording->ending.count = recording->added.count = 0;
    recording->offered.count = recording->keyed.count = 0;
    for (size_t i = 0; i < recording->count; i++) {
        struct decision_record *record = recording->records[i];
        struct addition *addition = &recording->additions[i];
        recording->locked[i] = false;
        recording->states[i].user_id = recording->persons[i] = *person_of(record);
        addition->decision = *record->decision;
        record->status = evidence_write(&addition->decision, &addition->evidence);
        snprintf(addition->basis, sizeof addition->basis, "%s",
                 risk_basis_name(addition->decision.basis));
        snprintf(addition->key, sizeof addition->key, "%s",
                 record->idempotency->key == NULL ? "" : record->idempotency->key);
        addition->request = record->idempotency->request;
    }
}

static void person_take(struct sql *sql, void *context)
{
    struct recording *recording = context;
    struct uuid id = sql_row_uuid(sql);
    for (size_t i = 0; i < recording->count; i++)
        if (uuid_equal(&recording->persons[i], &id))
            recording->locked[i] = true;
}

/* Who is alone waits for the person. */
static enum status persons_lock(struct recording *recording)
{
    struct store *store = recording->store;
    struct sql_column ids = {SQL_UUID, recording->persons, sizeof recording->persons[0]};
    if (recording->count > 1)
        return sql_bulk(store->sql,
                        &(struct sql_bulk){store->dialect->analyses.persons_lock, &ids, 1, NULL,
                                           recording->count, person_take, recording});
    enum status status =
        sql_one(store->sql, store->dialect->person_lock, sql_uuid(&recording->persons[0]));
    recording->locked[0] = status == STATUS_OK;
    return status;
}

/* TOO_MANY_REQUESTS if the person holds as many keys as one may. */
static enum status keys_bound(struct sql *sql, const struct uuid *user_id)
{
    int64_t held = 0;
    enum status status =
        sql_one_number(sql,
                       "SELECT count(*) FROM (SELECT 1 FROM idempotency_keys"
                       " WHERE user_id = $1 LIMIT $2) AS k",
                       &held, sql_uuid(user_id), sql_integer(IDEMPOTENCY_KEYS_MAX));
    return status == STATUS_OK && held >= IDEMPOTENCY_KEYS_MAX ? STATUS_TOO_MANY_REQUESTS : status;
}

/* NOT_FOUND: the key is new, and there is room for it. */
static enum status key_look(struct store *store, const struct decision_record *record)
{
    enum status status =
        store_decision_by_key(store, person_of(record), record->idempotency, record->stands);
    if (status != STATUS_NOT_FOUND)
        return status;
    status = keys_bound(store->sql, person_of(record));
    return status == STATUS_OK ? STATUS_NOT_FOUND : status;
}

/* The decision is the next of its person's chain. */
static void decision_next(struct recording *recording, size_t place)
{
    struct addition *addition = &recording->additions[place];
    const struct credit_state *state = &recording->states[place];
    struct decision *decision = &addition->decision;
    decision->previous = state->head.entry;
    decision->entry = decision_log_entry(decision);
    addition->head = (struct chain_head){state->head.count + 1, decision->entry};
    if (state->has_decision)
        places_add(&recording->ending, place);
    if (decision->has_offer) {
        assert(decision->offer.status == OFFER_offered);
        assert(decision->offer.limit_cents >= 0 && decision->offer.rate_bp >= 0);
        places_add(&recording->offered, place);
    }
    recording->log[recording->added.count] =
        (struct log_entry){.user_id = decision->user_id, .head = addition->head};
    places_add(&recording->added, place);
}

/* Whether the last decision is the answer: it stands, or it is this very one, recorded by a try
 * whose answer was lost. */
static bool state_answers(const struct credit_state *state, const struct decision *decision)
{
    return state->has_decision &&
           (uuid_equal(&state->last.id, &decision->id) ||
            decision_still_stands(&state->last, &decision->inputs, decision->cooling_off_us,
                                  decision->decided_at_us));
}

/* Tells what is to be done for a decision whose person is locked. Not OK: the database failed. */
static enum status record_settle(struct recording *recording, size_t place)
{
    struct decision_record *record = recording->records[place];
    const struct credit_state *state = &recording->states[place];
    const struct decision *decision = record->decision;
    bool has_key = record->idempotency->key != NULL;
    enum status status = has_key ? key_look(recording->store, record) : STATUS_NOT_FOUND;
    if (status != STATUS_NOT_FOUND) {
        record->status = status;
        bool told = status == STATUS_CONFLICT || status == STATUS_TOO_MANY_REQUESTS;
        return told ? STATUS_OK : status;
    }
    record->status = state->status;
    if (state->status != STATUS_OK)
        return STATUS_OK;
    struct uuid answer_id = decision->id;
    if (state_answers(state, decision)) {
        answer_id = state->last.id;
        status =
            store_decision_read(recording->store, &answer_id, person_of(record), record->stands);
    } else {
        decision_next(recording, place);
        status = STATUS_OK;
    }
    if (has_key) {
        recording->additions[place].answer_id = answer_id;
        places_add(&recording->keyed, place);
    }
    return status;
}

static enum status records_settle(struct recording *recording)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < recording->count && status == STATUS_OK; i++)
        if (recording->locked[i] && recording->records[i]->status == STATUS_OK)
            status = record_settle(recording, i);
    return status;
}

/* Runs a statement once for each of these places. */
static enum status places_bulk(const struct recording *recording, const char *text,
                               const struct sql_column columns[], size_t column_count,
                               const struct places *places, sql_row_reader *read, void *context)
{
    return sql_bulk(recording->store->sql,
                    &(struct sql_bulk){text, columns, column_count, places->list, places->count,
                                       read, context});
}

#define COLUMN(type, member)                                                                       \
    {                                                                                              \
        type, &recording->additions[0].member, sizeof recording->additions[0]                      \
    }
#define COUNT_OF(columns) (sizeof(columns) / sizeof(columns)[0])

static void row_count(struct sql *sql, void *context)
{
    size_t *rows = context;
    (void)sql;
    (*rows)++;
}

/* The offers that persons were made before, if they are still open or have just expired: each has
 * one at most. */
static enum status offers_end(const struct recording *recording)
{
    const struct analysis_statements *statements = &recording->store->dialect->analyses;
    const struct sql_column columns[] = {COLUMN(SQL_TIME, decision.decided_at_us),
                                         COLUMN(SQL_UUID, decision.user_id)};
    size_t ended = 0;
    enum status status = places_bulk(recording, statements->offers_supersede, columns, 2,
                                     &recording->ending, row_count, &ended);
    assert(ended <= recording->ending.count);
    if (status == STATUS_OK && ended < recording->ending.count)
        status = places_bulk(recording, statements->offers_expire, columns, 2, &recording->ending,
                             row_count, &ended);
    assert(ended <= recording->ending.count);
    return status;
}

static enum status decisions_add(const struct recording *recording)
{
    const struct analysis_statements *statements = &recording->store->dialect->analyses;
    const struct sql_column head[] = {COLUMN(SQL_UUID, decision.user_id),
                                      COLUMN(SQL_HASH, head.entry)};
    const struct sql_column columns[] = {
        COLUMN(SQL_UUID, decision.id),
        COLUMN(SQL_UUID, decision.user_id),
        COLUMN(SQL_TIME, decision.decided_at_us),
        COLUMN(SQL_BOOLEAN, decision.approved),
        COLUMN(SQL_SMALL, decision.risk),
        COLUMN(SQL_TEXT, decision.reason),
        COLUMN(SQL_JSON, evidence.features),
        COLUMN(SQL_INTEGER, decision.features_version),
        COLUMN(SQL_TEXT, decision.model),
        COLUMN(SQL_HASH, decision.policy),
        COLUMN(SQL_HASH, decision.inputs),
        COLUMN(SQL_SMALL, decision.risk_full),
        COLUMN(SQL_SMALL, decision.risk_financial),
        COLUMN(SQL_TEXT, basis),
        COLUMN(SQL_JSON, evidence.explanation),
        COLUMN(SQL_HASH, decision.previous),
        COLUMN(SQL_HASH, decision.entry),
        COLUMN(SQL_BOOLEAN, decision.emotions_known),
    };
    enum status status = places_bulk(recording, statements->heads_move, head, COUNT_OF(head),
                                     &recording->added, NULL, NULL);
    return status != STATUS_OK ? status
                               : places_bulk(recording, statements->decisions_add, columns,
                                             COUNT_OF(columns), &recording->added, NULL, NULL);
}

static enum status offers_add(const struct recording *recording)
{
    const struct sql_column columns[] = {
        COLUMN(SQL_UUID, decision.offer.id),
        COLUMN(SQL_UUID, decision.offer.user_id),
        COLUMN(SQL_UUID, decision.offer.decision_id),
        COLUMN(SQL_INTEGER, decision.offer.limit_cents),
        COLUMN(SQL_SMALL, decision.offer.rate_bp),
        COLUMN(SQL_TEXT, decision.offer.credit_type),
        COLUMN(SQL_TIME, decision.offer.created_at_us),
        COLUMN(SQL_TIME, decision.offer.expires_at_us),
    };
    return places_bulk(recording, recording->store->dialect->analyses.offers_add, columns,
                       COUNT_OF(columns), &recording->offered, NULL, NULL);
}

static enum status keys_add(const struct recording *recording)
{
    const struct sql_column columns[] = {COLUMN(SQL_UUID, decision.user_id), COLUMN(SQL_TEXT, key),
                                         COLUMN(SQL_HASH, request), COLUMN(SQL_UUID, answer_id),
                                         COLUMN(SQL_TIME, decision.decided_at_us)};
    return places_bulk(recording, recording->store->dialect->analyses.keys_add, columns,
                       COUNT_OF(columns), &recording->keyed, NULL, NULL);
}

static enum status additions_write(struct recording *recording)
{
    enum status status = offers_end(recording);
    if (status == STATUS_OK)
        status = decisions_add(recording);
    if (status == STATUS_OK)
        status = offers_add(recording);
    if (status == STATUS_OK)
        status = keys_add(recording);
    if (status == STATUS_OK)
        status = store_log_append(recording->store, recording->log, recording->added.count);
    return status;
}

/* Not OK: nothing was recorded, or UNAVAILABLE: perhaps it was. */
static enum status record_try(struct recording *recording)
{
    struct sql *sql = recording->store->sql;
    additions_prepare(recording);
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = persons_lock(recording);
    if (status == STATUS_OK)
        status = store_credit_states(recording->store, recording->states, recording->count);
    if (status == STATUS_OK)
        status = records_settle(recording);
    if (status == STATUS_OK)
        status = additions_write(recording);
    status = sql_finish(sql, status);
    for (size_t i = 0; i < recording->added.count && status == STATUS_OK; i++) {
        uint32_t place = recording->added.list[i];
        *recording->records[place]->stands = recording->additions[place].decision;
    }
    return status;
}

static int by_person(const void *a, const void *b)
{
    const struct decision_record *left = *(struct decision_record *const *)a;
    const struct decision_record *right = *(struct decision_record *const *)b;
    int order = uuid_compare(person_of(left), person_of(right));
    return order != 0 ? order : (left > right) - (left < right);
}

/* Parts the records of each person's first from the others. */
static void firsts_choose(struct recording *recording, struct decision_record *later[],
                          size_t *later_count)
{
    size_t count = recording->count;
    qsort(recording->records, count, sizeof recording->records[0], by_person);
    recording->count = *later_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct decision_record *record = recording->records[i];
        if (recording->count > 0 &&
            uuid_equal(person_of(record), person_of(recording->records[recording->count - 1])))
            later[(*later_count)++] = record;
        else
            recording->records[recording->count++] = record;
    }
}

/* Records the firsts together; those that it could not are among the later ones afterwards. */
static void record_together(struct recording *recording, struct decision_record *later[],
                            size_t *later_count, decision_recorded *done, void *context)
{
    struct decision_record *left[REQUESTS_AT_ONCE_MAX];
    size_t left_count = 0;
    bool failed = recording->count < 2 || record_try(recording) != STATUS_OK;
    for (size_t i = 0; i < recording->count; i++) {
        if (failed || !recording->locked[i])
            left[left_count++] = recording->records[i];
        else
            done(recording->records[i], context);
    }
    assert(left_count + *later_count <= REQUESTS_AT_ONCE_MAX);
    memcpy(left + left_count, later, *later_count * sizeof later[0]);
    *later_count += left_count;
    memcpy(later, left, *later_count * sizeof later[0]);
}

void store_decisions_record(struct store *store, struct decision_record records[], size_t count,
                            decision_recorded *done, void *context)
{
    struct decision_record *later[REQUESTS_AT_ONCE_MAX];
    size_t later_count = 0;
    int64_t give_up_us = steady_now_us() + STORE_DEADLINE_US;
    assert(count > 0 && count <= REQUESTS_AT_ONCE_MAX);
    struct recording *recording =
        malloc(sizeof *recording + count * sizeof recording->additions[0]);
    for (size_t i = 0; i < count && recording == NULL; i++) {
        records[i].status = STATUS_UNAVAILABLE;
        done(&records[i], context);
    }
    if (recording == NULL)
        return;
    recording->store = store;
    recording->count = count;
    for (size_t i = 0; i < count; i++)
        recording->records[i] = &records[i];
    firsts_choose(recording, later, &later_count);
    record_together(recording, later, &later_count, done, context);
    for (size_t i = 0; i < later_count; i++) {
        recording->records[0] = later[i];
        recording->count = 1;
        enum status status =
            i > 0 && steady_now_us() >= give_up_us ? STATUS_UNAVAILABLE : record_try(recording);
        if (status != STATUS_OK)
            later[i]->status = status;
        done(later[i], context);
    }
    free(recording);
}
