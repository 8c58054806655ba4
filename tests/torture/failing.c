/* SPDX-License-Identifier: Apache-2.0 */
#include "failing.h"

#include <stdlib.h>
#include <string.h>

#include "store/internal.h"

static enum failing failing;
static int left; /* until it fails; 0: nothing does */
static bool counting, happened, seen;

void failing_arm(enum failing what, int n)
{
    failing = what;
    left = n;
    counting = happened = seen = false;
}

bool failing_happened(void)
{
    return happened;
}

bool failing_seen(void)
{
    bool first = happened && !seen;
    seen = happened;
    return first;
}

static bool fails(enum failing what)
{
    if (!counting || what != failing || left == 0 || --left > 0)
        return false;
    return happened = true;
}

/* The linker calls these for malloc and its like, and what they stand for __real_malloc. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails(FAILING_ALLOCATION) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails(FAILING_ALLOCATION) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails(FAILING_ALLOCATION) ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails(FAILING_ALLOCATION) ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
    return fails(FAILING_ALLOCATION) ? NULL : __real_strndup(text, size);
}

void failing_inside(bool inside)
{
    counting = inside;
}

static enum status answered(enum status status)
{
    return status == STATUS_OK && fails(FAILING_ANSWER) ? STATUS_UNAVAILABLE : status;
}

/* A call of a port; and one that changes something, whose answer may get lost. */
#define CALL(real) (fails(FAILING_CALL) ? STATUS_UNAVAILABLE : (real))
#define CHANGE(real) (fails(FAILING_CALL) ? STATUS_UNAVAILABLE : answered(real))

/* What the adapters do; all handles of a port have the same. */
static const struct bus_ops *bus_real;
static const struct cache_ops *cache_real;
static const struct scorer_ops *scorer_real;
static const struct sql_ops *sql_real;

/* The publication whose answer gets lost. */
static bus_published *lost_done;

static void publication_lost(void *context, enum status status)
{
    (void)status;
    lost_done(context, STATUS_UNAVAILABLE);
}

static void bus_failing_publish(struct bus *bus, const struct bus_message *message,
                                bus_published *done, void *context)
{
    if (fails(FAILING_CALL)) {
        done(context, STATUS_UNAVAILABLE);
        return;
    }
    if (fails(FAILING_ANSWER)) {
        lost_done = done;
        done = publication_lost;
    }
    bus_real->publish(bus, message, done, context);
}

static enum status bus_failing_flush(struct bus *bus, int64_t wait_us)
{
    return CALL(bus_real->flush(bus, wait_us));
}

static enum status bus_failing_fetch(struct bus_consumer *consumer, struct bus_message messages[],
                                     size_t max, int64_t wait_us, size_t *count)
{
    *count = 0;
    return CALL(bus_real->fetch(consumer, messages, max, wait_us, count));
}

static enum status bus_failing_settle(struct bus_consumer *consumer,
                                      const struct bus_message messages[],
                                      const enum outcome outcomes[], size_t count)
{
    return answered(bus_real->settle(consumer, messages, outcomes, count));
}

void failing_bus(struct bus *bus)
{
    static struct bus_ops ops;
    bus_real = bus->ops;
    ops = *bus_real;
    ops.publish = bus_failing_publish;
    ops.flush = bus_failing_flush;
    ops.fetch = bus_failing_fetch;
    ops.settle = bus_failing_settle;
    bus->ops = &ops;
}

static void cache_failing_all(struct cache_item items[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        items[i].status = STATUS_UNAVAILABLE;
}

static void cache_failing_get(struct cache *cache, struct cache_item items[], size_t count)
{
    if (fails(FAILING_CALL))
        cache_failing_all(items, count);
    else
        cache_real->get(cache, items, count);
}

static void cache_failing_set(struct cache *cache, struct cache_item items[], size_t count,
                              int64_t life_us)
{
    if (fails(FAILING_CALL)) {
        cache_failing_all(items, count);
        return;
    }
    cache_real->set(cache, items, count, life_us);
    if (fails(FAILING_ANSWER))
        cache_failing_all(items, count);
}

static enum status cache_failing_remove(struct cache *cache, const char *const keys[], size_t count)
{
    return CHANGE(cache_real->remove(cache, keys, count));
}

static enum status cache_failing_increment(struct cache *cache, const char *key, int64_t by,
                                           int64_t life_us, int64_t *total)
{
    return CHANGE(cache_real->increment(cache, key, by, life_us, total));
}

void failing_cache(struct cache *cache)
{
    static struct cache_ops ops;
    cache_real = cache->ops;
    ops = *cache_real;
    ops.get = cache_failing_get;
    ops.set = cache_failing_set;
    ops.remove = cache_failing_remove;
    ops.increment = cache_failing_increment;
    cache->ops = &ops;
}

static enum status scorer_failing_score(struct scorer *scorer, const struct question *question,
                                        struct score *score)
{
    return CALL(scorer_real->score(scorer, question, score));
}

void failing_scorer(struct scorer *scorer)
{
    static struct scorer_ops ops;
    if (scorer->ops == &ops) /* the scorecard is one for all */
        return;
    scorer_real = scorer->ops;
    ops = *scorer_real;
    ops.score = scorer_failing_score;
    scorer->ops = &ops;
}

static enum status sql_failing_begin(struct sql *sql)
{
    return CALL(sql_real->begin(sql));
}

static enum status sql_failing_commit(struct sql *sql)
{
    return CHANGE(sql_real->commit(sql));
}

static enum status sql_failing_script(struct sql *sql, const char *text)
{
    return CALL(sql_real->script(sql, text));
}

static enum status sql_failing_start(struct sql *sql, const char *text,
                                     const struct sql_value values[], size_t count)
{
    return CALL(sql_real->start(sql, text, values, count));
}

static enum status sql_failing_next(struct sql *sql)
{
    if (!fails(FAILING_CALL))
        return sql_real->next(sql);
    sql_real->end(sql);
    return STATUS_UNAVAILABLE;
}

static enum status sql_failing_bulk(struct sql *sql, const struct sql_bulk *bulk)
{
    return CALL(sql_real->bulk(sql, bulk));
}

void failing_store(struct store *store)
{
    static struct sql_ops ops;
    struct sql *sql = store->sql;
    if (sql->ops == &ops)
        return;
    sql_real = sql->ops;
    ops = *sql_real;
    ops.begin = sql_failing_begin;
    ops.commit = sql_failing_commit;
    ops.script = sql_failing_script;
    ops.start = sql_failing_start;
    ops.next = sql_failing_next;
    ops.bulk = sql_failing_bulk;
    sql->ops = &ops;
}
