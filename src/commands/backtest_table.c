/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/backtest_table.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 4096 };

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

static enum status grow(struct backtest_table *table)
{
    struct backtest_table wider = {.capacity =
                                       table->capacity == 0 ? CAPACITY_FIRST : table->capacity * 2,
                                   .count = table->count};
    wider.entries = calloc(wider.capacity, sizeof wider.entries[0]);
    if (wider.entries == NULL)
        return STATUS_UNAVAILABLE;
    for (size_t i = 0; i < table->capacity; i++) {
        if (table->entries[i].used)
            wider.entries[place_of(&wider, &table->entries[i].id)] = table->entries[i];
    }
    free(table->entries);
    *table = wider;
    return STATUS_OK;
}

enum status backtest_table_put(struct backtest_table *table, const struct backtest_entry *entry)
{
    enum status status = STATUS_OK;
    if (table->count * 3 >= table->capacity * 2)
        status = grow(table);
    if (status != STATUS_OK)
        return status;
    struct backtest_entry *place = &table->entries[place_of(table, &entry->id)];
    table->count += !place->used;
    *place = *entry;
    place->used = true;
    return STATUS_OK;
}

const struct backtest_entry *backtest_table_find(const struct backtest_table *table,
                                                 const struct uuid *id)
{
    if (table->count == 0)
        return NULL;
    const struct backtest_entry *entry = &table->entries[place_of(table, id)];
    return entry->used ? entry : NULL;
}

void backtest_table_free(struct backtest_table *table)
{
    free(table->entries);
    memset(table, 0, sizeof *table);
}
