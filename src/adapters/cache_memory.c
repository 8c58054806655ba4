/* SPDX-License-Identifier: Apache-2.0
 *
 * Chained hash table of entries that also stand in one queue, the most recently used first. Both
 * are guarded by one lock, which is held for a look-up and a copy only.
 */
#include "adapters/cache_memory.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum {
    BYTES_PER_BUCKET = 256, /* of the bound: about one entry in a bucket when the map is full */
    BUCKETS_MIN = 64,
    COUNTER_TEXT_SIZE = 24
};

LIST_HEAD(bucket, entry);

struct entry {
    LIST_ENTRY(entry) place; /* in its bucket */
    TAILQ_ENTRY(entry) use;
    int64_t ends_us;
    size_t key_size; /* its zero included */
    size_t value_size;
    char bytes[]; /* the key, then the value */
};

struct cache_memory {
    struct cache base;
    struct clock *clock;
    pthread_mutex_t lock;
    size_t bytes_max, bytes;
    TAILQ_HEAD(uses, entry) uses; /* the latest first */
    size_t bucket_count;          /* a power of two */
    struct bucket buckets[];
};

/* FNV-1a. */
static uint64_t key_hash(const char *key)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *key != '\0'; key++)
        hash = (hash ^ (unsigned char)*key) * 0x100000001b3u;
    return hash ^ (hash >> 32);
}

static struct bucket *bucket_of(struct cache_memory *memory, const char *key)
{
    return &memory->buckets[key_hash(key) & (memory->bucket_count - 1)];
}

static size_t entry_bytes(const struct entry *entry)
{
    /* NOLINTNEXTLINE(-Wanalyzer-use-after-free): what was freed is in no list any more. */
    return sizeof *entry + entry->key_size + entry->value_size;
}

/* `bytes` is the sum of the sizes of all entries. */
static bool memory_sane(const struct cache_memory *memory)
{
    return TAILQ_EMPTY(&memory->uses) == (memory->bytes == 0) && memory->bytes <= memory->bytes_max;
}

/* Takes an entry out of bucket and queue and frees it. */
static void entry_drop(struct cache_memory *memory, struct entry *entry)
{
    LIST_REMOVE(entry, place);
    TAILQ_REMOVE(&memory->uses, entry, use);
    assert(memory->bytes >= entry_bytes(entry));
    memory->bytes -= entry_bytes(entry);
    assert(memory_sane(memory));
    free(entry);
}

/* The living entry of a key, now the most recently used; NULL if there is none. */
static struct entry *entry_find(struct cache_memory *memory, const char *key)
{
    struct entry *entry;
    LIST_FOREACH(entry, bucket_of(memory, key), place) {
        if (strcmp(entry->bytes, key) == 0)
            break;
    }
    if (entry == NULL)
        return NULL;
    if (clock_monotonic_us(memory->clock) >= entry->ends_us) {
        entry_drop(memory, entry);
        return NULL;
    }
    TAILQ_REMOVE(&memory->uses, entry, use);
    TAILQ_INSERT_HEAD(&memory->uses, entry, use);
    return entry;
}

/* Stores a value under a key that is not there, at the cost of the oldest ones. */
static enum status entry_add(struct cache_memory *memory, const char *key, struct slice value,
                             int64_t ends_us)
{
    size_t key_size = strlen(key) + 1;
    size_t bytes = sizeof(struct entry) + key_size + value.size;
    if (bytes > memory->bytes_max)
        return STATUS_UNAVAILABLE;
    struct entry *entry = malloc(bytes);
    if (entry == NULL)
        return STATUS_UNAVAILABLE;
    while (memory->bytes + bytes > memory->bytes_max)
        /* NOLINTNEXTLINE(unix.Malloc): what was freed is in the queue no more. */
        entry_drop(memory, TAILQ_LAST(&memory->uses, uses));
    *entry = (struct entry){.ends_us = ends_us, .key_size = key_size, .value_size = value.size};
    memcpy(entry->bytes, key, key_size);
    if (value.size > 0)
        memcpy(entry->bytes + key_size, value.data, value.size);
    LIST_INSERT_HEAD(bucket_of(memory, key), entry, place);
    TAILQ_INSERT_HEAD(&memory->uses, entry, use);
    memory->bytes += bytes;
    assert(memory_sane(memory));
    return STATUS_OK;
}

static void get(struct cache *cache, struct cache_item items[], size_t count)
{
    struct cache_memory *memory = (struct cache_memory *)cache;
    pthread_mutex_lock(&memory->lock);
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry = entry_find(memory, items[i].key);
        if (entry != NULL)
            buf_append(items[i].found, entry->bytes + entry->key_size, entry->value_size);
        items[i].status = entry == NULL ? STATUS_NOT_FOUND : STATUS_OK;
    }
    pthread_mutex_unlock(&memory->lock);
}

static void set(struct cache *cache, struct cache_item items[], size_t count, int64_t life_us)
{
    struct cache_memory *memory = (struct cache_memory *)cache;
    pthread_mutex_lock(&memory->lock);
    int64_t ends_us = clock_monotonic_us(memory->clock) + life_us;
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = entry_find(memory, items[i].key);
        if (entry != NULL)
            entry_drop(memory, entry);
        items[i].status = entry_add(memory, items[i].key, items[i].value, ends_us);
    }
    pthread_mutex_unlock(&memory->lock);
}

static enum status remove_keys(struct cache *cache, const char *const keys[], size_t count)
{
    struct cache_memory *memory = (struct cache_memory *)cache;
    pthread_mutex_lock(&memory->lock);
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = entry_find(memory, keys[i]);
        if (entry != NULL)
            entry_drop(memory, entry);
    }
    pthread_mutex_unlock(&memory->lock);
    return STATUS_OK;
}

/* The total of a counter. INVALID: the entry holds something else. */
static enum status counter_read(const struct entry *entry, int64_t *total)
{
    char text[COUNTER_TEXT_SIZE];
    if (entry->value_size == 0 || entry->value_size >= sizeof text)
        return STATUS_INVALID;
    memcpy(text, entry->bytes + entry->key_size, entry->value_size);
    text[entry->value_size] = '\0';
    char *end;
    errno = 0;
    *total = strtoll(text, &end, 10);
    return errno == 0 && *end == '\0' ? STATUS_OK : STATUS_INVALID;
}

/* Replaces a counter by the next one, which ends when it would have. */
static enum status counter_move(struct cache_memory *memory, const char *key, int64_t by,
                                int64_t life_us, int64_t *total)
{
    struct entry *entry = entry_find(memory, key);
    int64_t ends_us = clock_monotonic_us(memory->clock) + life_us;
    *total = 0;
    if (entry != NULL) {
        ends_us = entry->ends_us;
        if (counter_read(entry, total) != STATUS_OK)
            return STATUS_UNAVAILABLE;
    }
    if (__builtin_add_overflow(*total, by, total))
        return STATUS_UNAVAILABLE;
    if (entry != NULL)
        entry_drop(memory, entry);
    char text[COUNTER_TEXT_SIZE];
    snprintf(text, sizeof text, "%" PRId64, *total);
    return entry_add(memory, key, slice_of(text), ends_us);
}

static enum status increment(struct cache *cache, const char *key, int64_t by, int64_t life_us,
                             int64_t *total)
{
    struct cache_memory *memory = (struct cache_memory *)cache;
    pthread_mutex_lock(&memory->lock);
    enum status status = counter_move(memory, key, by, life_us, total);
    pthread_mutex_unlock(&memory->lock);
    return status;
}

static enum status ping(struct cache *cache)
{
    (void)cache;
    return STATUS_OK;
}

static void close_memory(struct cache *cache)
{
    struct cache_memory *memory = (struct cache_memory *)cache;
    while (!TAILQ_EMPTY(&memory->uses))
        /* NOLINTNEXTLINE(unix.Malloc): what was freed is in the queue no more. */
        entry_drop(memory, TAILQ_FIRST(&memory->uses));
    assert(memory->bytes == 0);
    pthread_mutex_destroy(&memory->lock);
    free(memory);
}

static const struct cache_ops ops = {
    .name = "memory",
    .get = get,
    .set = set,
    .remove = remove_keys,
    .increment = increment,
    .ping = ping,
    .close = close_memory,
};

enum status cache_memory_open(size_t bytes_max, struct clock *clock, struct cache **cache)
{
    size_t bucket_count = BUCKETS_MIN;
    while (bucket_count * BYTES_PER_BUCKET < bytes_max)
        bucket_count *= 2;
    assert((bucket_count & (bucket_count - 1)) == 0);
    struct cache_memory *memory = calloc(1, sizeof *memory + bucket_count * sizeof(struct bucket));
    if (memory == NULL)
        return STATUS_UNAVAILABLE;
    memory->base.ops = &ops;
    memory->clock = clock;
    memory->bytes_max = bytes_max;
    memory->bucket_count = bucket_count;
    TAILQ_INIT(&memory->uses);
    pthread_mutex_init(&memory->lock, NULL);
    *cache = &memory->base;
    return STATUS_OK;
}
