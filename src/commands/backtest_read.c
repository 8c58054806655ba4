/* SPDX-License-Identifier: Apache-2.0
 *
 * First offers and people are read into tables, one for each thread, then decisions, which look
 * into the tables of both: to look up offers in the database, one by one, would take longer than
 * all of this. The threads take parts of what is to be read in turn, until none is left.
 */
#include "commands/backtest.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "simulation/population.h"
#include "store/decisions.h"
#include "store/log.h"

/* id → what is to be known of it, for as many as there are: a hash table that only grows, of 32
 * bytes for each place. One thread writes it; any number may read it then. */
struct backtest_entry {
    struct uuid id;
    int64_t limit_cents; /* of an offer, known by its decision; so are the next two */
    int32_t rate_bp;
    int16_t band;  /* of the candidate, with the same credit type; -1: none has it */
    uint8_t group; /* of a person */
    bool used;
};

/* Zeroed is empty. */
struct backtest_table {
    struct backtest_entry *entries; /* owned */
    size_t capacity;                /* a power of two, or 0 */
    size_t count;
};

enum { CAPACITY_FIRST = 4096 };

/* Between calls: a look-up always comes to an end, for a third of the places is free. */
static bool table_sane(const struct backtest_table *table)
{
    return (table->capacity & (table->capacity - 1)) == 0 &&
           table->count * 3 <= table->capacity * 2 && (table->entries == NULL) == !table->capacity;
}

/* The end of an id is random; whatever it is, the multiplication spreads it. */
static size_t place_of(const struct backtest_table *table, const struct uuid *id)
{
    uint64_t end;
    memcpy(&end, id->bytes + sizeof id->bytes - sizeof end, sizeof end);
    size_t place = (size_t)((end * 0x9E3779B97F4A7C15u) >> 32) & (table->capacity - 1);
    while (table->entries[place].used && !uuid_equal(&table->entries[place].id, id))
        place = (place + 1) & (table->capacity - 1);
    return place;
}

MUST_CHECK static enum status table_grow(struct backtest_table *table)
{
    struct backtest_table wider = {.capacity =
                                       table->capacity == 0 ? CAPACITY_FIRST : table->capacity * 2,
                                   .count = table->count};
    wider.entries = calloc(wider.capacity, sizeof wider.entries[0]);
    if (wider.entries == NULL)
        return STATUS_UNAVAILABLE;
    for (size_t i = 0; i < table->capacity; i++)
        if (table->entries[i].used)
            wider.entries[place_of(&wider, &table->entries[i].id)] = table->entries[i];
    free(table->entries);
    *table = wider;
    return STATUS_OK;
}

/* Replaces what is there of the same id. UNAVAILABLE: memory is out. */
MUST_CHECK static enum status table_put(struct backtest_table *table, struct backtest_entry entry)
{
    if ((table->count + 1) * 3 > table->capacity * 2 && table_grow(table) != STATUS_OK)
        return STATUS_UNAVAILABLE;
    struct backtest_entry *place = &table->entries[place_of(table, &entry.id)];
    table->count += !place->used;
    entry.used = true;
    *place = entry;
    assert(table_sane(table));
    return STATUS_OK;
}

/* NULL if it is not there. */
static const struct backtest_entry *table_find(const struct backtest_table *table,
                                               const struct uuid *id)
{
    if (table->count == 0)
        return NULL;
    const struct backtest_entry *entry = &table->entries[place_of(table, id)];
    return entry->used ? entry : NULL;
}

enum { PEOPLE_MAX = 2000, MISSED_MAX = 1024 * 1024 * 1024 };
_Static_assert((int)POPULATION_GROUPS == (int)BACKTEST_GROUPS,
               "people are counted by these groups");

struct backtest_reading;

struct backtest_reader {
    struct backtest_reading *reading;
    struct store *store;
    enum status status;
    struct backtest_table offers;
    struct backtest_table people;
    struct backtest_table standing; /* entries of everybody's last decision */
    struct buf missed;              /* verdicts: approved, and the offer is in no table */
    struct backtest backtest;
    struct decision decision;
    struct addressee addressees[PEOPLE_MAX];
};

struct backtest_reading {
    const struct policy *candidate;
    int64_t since_us;
    struct extent decisions, offers;
    atomic_llong decisions_taken, offers_taken;
    struct backtest_reader readers[BACKTEST_READERS];
};

/* The next part of an extent; false if none is left. */
static bool part_take(const struct extent *extent, atomic_llong *taken, int64_t *from, int64_t *to)
{
    *from = atomic_fetch_add(taken, extent->step);
    *to = *from + extent->step;
    return *from < extent->end;
}

/* Where the candidate has this type of credit: all that matters of its name. */
static int16_t band_of_type(const struct policy *policy, const char *credit_type)
{
    for (size_t i = 0; i < policy->band_count; i++)
        if (policy->bands[i].approve && strcmp(policy->bands[i].credit_type, credit_type) == 0)
            return (int16_t)i;
    return -1;
}

static void offer_keep(const struct granted *granted, void *context)
{
    struct backtest_reader *reader = context;
    int16_t band = band_of_type(reader->reading->candidate, granted->credit_type);
    if (reader->status == STATUS_OK)
        reader->status =
            table_put(&reader->offers, (struct backtest_entry){.id = granted->decision_id,
                                                               .limit_cents = granted->limit_cents,
                                                               .rate_bp = granted->rate_bp,
                                                               .band = band});
}

static struct uuid id_of_entry(const struct hash *entry)
{
    struct uuid id;
    static_assert(sizeof id.bytes == sizeof entry->bytes, "an entry is looked up as an id is");
    memcpy(id.bytes, entry->bytes, sizeof id.bytes);
    return id;
}

/* Keeps which decision of a person stands, and the groups of those whom a simulation made: all
 * others are one group. */
static void person_keep(struct backtest_reader *reader, const struct addressee *person)
{
    int group = population_group(person->email);
    assert(group >= 0 && group < BACKTEST_GROUPS);
    if (person->decided)
        reader->status =
            table_put(&reader->standing, (struct backtest_entry){.id = id_of_entry(&person->last)});
    if (group != PERSONA_COUNT && reader->status == STATUS_OK)
        reader->status = table_put(
            &reader->people, (struct backtest_entry){.id = person->id, .group = (uint8_t)group});
}

static void people_read(struct backtest_reader *reader)
{
    struct uuid after = {{0}};
    size_t count = 1;
    while (count > 0 && reader->status == STATUS_OK) {
        reader->status =
            store_addressees_scan(reader->store, &after, reader->addressees, PEOPLE_MAX, &count);
        for (size_t i = 0; i < count && reader->status == STATUS_OK; i++) {
            person_keep(reader, &reader->addressees[i]);
            after = reader->addressees[i].id;
        }
    }
}

static void *tables_fill(void *context)
{
    struct backtest_reader *reader = context;
    struct backtest_reading *reading = reader->reading;
    int64_t from, to;
    if (reader == &reading->readers[0])
        people_read(reader);
    while (reader->status == STATUS_OK &&
           part_take(&reading->offers, &reading->offers_taken, &from, &to)) {
        enum status status = store_granted_scan(reader->store, from, to, offer_keep, reader);
        if (status != STATUS_OK)
            reader->status = status;
    }
    return NULL;
}

static void verdict_count(struct backtest_reader *reader, struct verdict *verdict, int16_t band)
{
    const struct policy *candidate = reader->reading->candidate;
    const struct backtest_reader *first = &reader->reading->readers[0];
    const struct backtest_entry *person = table_find(&first->people, &verdict->user_id);
    struct uuid entry = id_of_entry(&verdict->entry);
    assert(band >= -1 && band < (int)candidate->band_count);
    verdict->stands = table_find(&first->standing, &entry) != NULL;
    verdict->credit_type = band < 0 ? "" : candidate->bands[band].credit_type;
    backtest_add(&reader->backtest, verdict, person == NULL ? PERSONA_COUNT : person->group);
}

/* Counts a verdict beside which its whole decision was read. */
static void verdict_count_with(struct backtest_reader *reader, struct verdict *verdict,
                               const struct decision *decision)
{
    const struct offer *offer = decision->has_offer ? &decision->offer : NULL;
    verdict->limit_cents = offer == NULL ? 0 : offer->limit_cents;
    verdict->rate_bp = offer == NULL ? 0 : offer->rate_bp;
    verdict_count(reader, verdict,
                  offer == NULL ? (int16_t)-1
                                : band_of_type(reader->reading->candidate, offer->credit_type));
}

static void verdict_take(const struct verdict *taken, void *context)
{
    struct backtest_reader *reader = context;
    struct verdict verdict = *taken;
    const struct backtest_entry *offer = NULL;
    for (int i = 0; i < BACKTEST_READERS && offer == NULL && verdict.approved; i++)
        offer = table_find(&reader->reading->readers[i].offers, &verdict.decision_id);
    if (verdict.approved && verdict.logged && offer == NULL) {
        buf_append(&reader->missed, &verdict, sizeof verdict);
        return;
    }
    if (offer != NULL) {
        verdict.limit_cents = offer->limit_cents;
        verdict.rate_bp = offer->rate_bp;
    }
    verdict_count(reader, &verdict, offer == NULL ? -1 : offer->band);
}

/* Of decisions made after offers were read, and where an offer moved while they were. */
static void missed_read(struct backtest_reader *reader)
{
    struct verdict *missed = (void *)reader->missed.data;
    size_t count = reader->missed.size / sizeof *missed;
    if (reader->missed.overflowed)
        reader->status = STATUS_UNAVAILABLE;
    for (size_t i = 0; i < count && reader->status == STATUS_OK; i++) {
        struct verdict *verdict = &missed[i];
        enum status status = store_decision_read(reader->store, &verdict->decision_id,
                                                 &verdict->user_id, &reader->decision);
        if (status == STATUS_NOT_FOUND)
            continue; /* the person was erased meanwhile */
        reader->status = status;
        if (status == STATUS_OK)
            verdict_count_with(reader, verdict, &reader->decision);
    }
    buf_clear(&reader->missed);
}

static void *decisions_weigh(void *context)
{
    struct backtest_reader *reader = context;
    struct backtest_reading *reading = reader->reading;
    int64_t from, to;
    while (reader->status == STATUS_OK &&
           part_take(&reading->decisions, &reading->decisions_taken, &from, &to)) {
        enum status status =
            store_verdicts_scan(reader->store, from, to, reading->since_us, verdict_take, reader);
        if (status != STATUS_OK)
            reader->status = status;
        missed_read(reader);
    }
    return NULL;
}

/* All readers at once; the first in the caller's thread, and one that gets none too. */
static enum status run_all(struct backtest_reading *reading, void *(*work)(void *reader))
{
    pthread_t threads[BACKTEST_READERS];
    bool started[BACKTEST_READERS] = {false};
    enum status status = STATUS_OK;
    for (int i = 1; i < BACKTEST_READERS; i++)
        started[i] = pthread_create(&threads[i], NULL, work, &reading->readers[i]) == 0;
    for (int i = 0; i < BACKTEST_READERS; i++) {
        if (started[i])
            pthread_join(threads[i], NULL);
        else
            work(&reading->readers[i]);
        if (status == STATUS_OK)
            status = reading->readers[i].status;
    }
    return status;
}

static void reading_free(struct backtest_reading *reading)
{
    for (int i = 0; i < BACKTEST_READERS; i++) {
        free(reading->readers[i].offers.entries);
        free(reading->readers[i].people.entries);
        free(reading->readers[i].standing.entries);
        buf_free(&reading->readers[i].missed);
    }
    free(reading);
}

static struct backtest_reading *reading_create(struct store *const stores[BACKTEST_READERS],
                                               int64_t since_us, const struct policy *candidate)
{
    struct backtest_reading *reading = calloc(1, sizeof *reading);
    if (reading == NULL)
        return NULL;
    reading->candidate = candidate;
    reading->since_us = since_us;
    for (int i = 0; i < BACKTEST_READERS; i++) {
        reading->readers[i].reading = reading;
        reading->readers[i].store = stores[i];
        buf_init(&reading->readers[i].missed, MISSED_MAX);
        backtest_init(&reading->readers[i].backtest, candidate);
    }
    return reading;
}

enum status backtest_read(struct store *const stores[BACKTEST_READERS], int64_t since_us,
                          struct backtest *backtest)
{
    struct backtest_reading *reading = reading_create(stores, since_us, backtest->candidate);
    if (reading == NULL)
        return STATUS_UNAVAILABLE;
    enum status status = store_verdicts_extent(stores[0], &reading->decisions, &reading->offers);
    if (status == STATUS_OK)
        status = run_all(reading, tables_fill);
    if (status == STATUS_OK)
        status = run_all(reading, decisions_weigh);
    for (int i = 0; i < BACKTEST_READERS && status == STATUS_OK; i++)
        backtest_merge(backtest, &reading->readers[i].backtest);
    reading_free(reading);
    return status;
}

/* Recorded decisions, and what the model says of their features. */
enum { PAGE = 1000 };

struct scored_page {
    struct logged_decision logged[PAGE];
    struct features features[PAGE];
    int32_t full[PAGE], financial[PAGE];
};

static enum status page_score(struct scored_page *page, size_t count, struct model *model)
{
    for (size_t i = 0; i < count; i++)
        page->features[i] = page->logged[i].decision.features;
    enum status status = model_risks(model, MODEL_FULL, page->features, count, page->full);
    if (status == STATUS_OK)
        status = model_risks(model, MODEL_WITHOUT_EMOTIONS, page->features, count, page->financial);
    return status;
}

static void scored_count(struct backtest_reader *reader, const struct decision *decision,
                         int32_t full, int32_t financial)
{
    struct verdict verdict = {.user_id = decision->user_id,
                              .decision_id = decision->id,
                              .decided_at_us = decision->decided_at_us,
                              .approved = decision->approved,
                              .logged = true,
                              .entry = decision->entry,
                              .risk = decision->risk,
                              .risk_full = full,
                              .risk_financial = financial,
                              .emotions_known = features_emotions_known(&decision->features)};
    assert(full >= 0 && full <= MILLIONTHS && financial >= 0 && financial <= MILLIONTHS);
    verdict_count_with(reader, &verdict, decision);
}

static enum status score_all(struct backtest_reader *reader, struct model *model,
                             struct scored_page *page)
{
    struct log_place place = {0};
    size_t count;
    do {
        enum status status = store_decisions_scan(reader->store, &place, reader->reading->since_us,
                                                  page->logged, PAGE, &count);
        assert(status != STATUS_OK || count <= PAGE);
        if (status == STATUS_OK)
            status = page_score(page, count, model);
        if (status != STATUS_OK)
            return status;
        for (size_t i = 0; i < count; i++)
            scored_count(reader, &page->logged[i].decision, page->full[i], page->financial[i]);
        if (count > 0)
            place = (struct log_place){page->logged[count - 1].decision.user_id,
                                       page->logged[count - 1].position};
    } while (count > 0);
    return STATUS_OK;
}

enum status backtest_read_scored(struct store *const stores[BACKTEST_READERS], int64_t since_us,
                                 struct model *model, struct backtest *backtest)
{
    struct backtest_reading *reading = reading_create(stores, since_us, backtest->candidate);
    struct scored_page *page = calloc(1, sizeof *page);
    enum status status = STATUS_UNAVAILABLE;
    if (reading != NULL && page != NULL) {
        struct backtest_reader *reader = &reading->readers[0];
        people_read(reader);
        status = reader->status;
        if (status == STATUS_OK)
            status = score_all(reader, model, page);
        if (status == STATUS_OK)
            backtest_merge(backtest, &reader->backtest);
    }
    free(page);
    if (reading != NULL)
        reading_free(reading);
    return status;
}
