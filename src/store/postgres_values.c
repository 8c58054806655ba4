/* SPDX-License-Identifier: Apache-2.0 */
#include "store/postgres_values.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

/* PostgreSQL counts from 2000-01-01. */
static const int64_t epoch_us = 946684800000000LL;

enum { FORMAT_TEXT, FORMAT_BINARY };

/* Types by their fixed numbers in pg_type. */
static const struct {
    Oid one;
    Oid array;
} types[] = {
    [SQL_INTEGER] = {20, 1016}, [SQL_SMALL] = {23, 1007},  [SQL_TIME] = {1184, 1185},
    [SQL_BOOLEAN] = {16, 1000}, [SQL_UUID] = {2950, 2951}, [SQL_HASH] = {2950, 2951},
    [SQL_TEXT] = {25, 1009},    [SQL_JSON] = {3802, 3807},
};

static int64_t wire_integer(enum sql_type type, int64_t integer)
{
    return (int64_t)htobe64((uint64_t)(type == SQL_TIME ? integer - epoch_us : integer));
}

static void value_put(struct postgres_parameters *parameters, size_t i,
                      const struct sql_value *value)
{
    char *scratch = parameters->scratch[i];
    parameters->formats[i] = FORMAT_BINARY;
    switch (value->type) {
    case SQL_UUID:
    case SQL_HASH:
        parameters->values[i] = value->data;
        parameters->lengths[i] = HASH_SIZE;
        break;
    case SQL_TEXT:
    case SQL_JSON:
        parameters->values[i] = value->data;
        parameters->formats[i] = FORMAT_TEXT;
        break;
    case SQL_BOOLEAN:
        scratch[0] = value->integer != 0;
        parameters->values[i] = scratch;
        parameters->lengths[i] = 1;
        break;
    default: {
        int64_t integer = wire_integer(value->type, value->integer);
        memcpy(scratch, &integer, sizeof integer);
        parameters->values[i] = scratch;
        parameters->lengths[i] = sizeof integer;
    }
    }
}

void postgres_parameters_of_values(struct postgres_parameters *parameters,
                                   const struct sql_value values[], size_t count)
{
    assert(count <= SQL_PARAMETERS_MAX);
    parameters->count = (int)count;
    for (size_t i = 0; i < count; i++) {
        parameters->types[i] = types[values[i].type].one;
        value_put(parameters, i, &values[i]);
        if (values[i].null)
            parameters->values[i] = NULL;
    }
}

static void word_put(struct buf *bytes, size_t word)
{
    uint32_t wire = htobe32((uint32_t)word);
    buf_append(bytes, &wire, sizeof wire);
}

static void element_put(struct buf *bytes, enum sql_type type, const void *member)
{
    switch (type) {
    case SQL_SMALL:
        word_put(bytes, sizeof(int32_t));
        word_put(bytes, *(const uint32_t *)member);
        break;
    case SQL_INTEGER:
    case SQL_TIME: {
        int64_t integer = wire_integer(type, *(const int64_t *)member);
        word_put(bytes, sizeof integer);
        buf_append(bytes, &integer, sizeof integer);
        break;
    }
    case SQL_BOOLEAN:
        word_put(bytes, sizeof(bool));
        buf_append(bytes, member, sizeof(bool));
        break;
    case SQL_UUID:
    case SQL_HASH:
        word_put(bytes, HASH_SIZE);
        buf_append(bytes, member, HASH_SIZE);
        break;
    default: {
        /* jsonb begins with the number of its format. */
        size_t length = strlen(member), mark = type == SQL_JSON;
        word_put(bytes, mark + length);
        buf_append(bytes, "\1", mark);
        buf_append(bytes, member, length);
    }
    }
}

/* Dimensions, flags, type of the elements, how many, number of the first; then each. */
static void array_put(struct buf *bytes, const struct sql_bulk *bulk,
                      const struct sql_column *column)
{
    word_put(bytes, 1);
    word_put(bytes, 0);
    word_put(bytes, types[column->type].one);
    word_put(bytes, bulk->count);
    word_put(bytes, 1);
    for (size_t i = 0; i < bulk->count; i++) {
        size_t place = bulk->places == NULL ? i : bulk->places[i];
        element_put(bytes, column->type, (const char *)column->first + place * column->stride);
    }
}

enum status postgres_parameters_of_columns(struct postgres_parameters *parameters,
                                           const struct sql_bulk *bulk)
{
    size_t starts[SQL_PARAMETERS_MAX + 1];
    struct buf *bytes = &parameters->bytes;
    assert(bulk->column_count <= SQL_PARAMETERS_MAX);
    buf_clear(bytes);
    parameters->count = (int)bulk->column_count;
    for (size_t i = 0; i < bulk->column_count; i++) {
        starts[i] = bytes->size;
        array_put(bytes, bulk, &bulk->columns[i]);
    }
    if (bytes->overflowed)
        return STATUS_INVALID;
    starts[bulk->column_count] = bytes->size;
    for (size_t i = 0; i < bulk->column_count; i++) {
        parameters->types[i] = types[bulk->columns[i].type].array;
        parameters->values[i] = bytes->data + starts[i];
        assert(starts[i] < starts[i + 1] && starts[i + 1] <= bytes->size);
        parameters->lengths[i] = (int)(starts[i + 1] - starts[i]);
        parameters->formats[i] = FORMAT_BINARY;
    }
    return STATUS_OK;
}

int64_t postgres_values_integer(const char *bytes, int size, enum sql_type type)
{
    int64_t integer = size > 0 && (bytes[0] & 0x80) != 0 ? -1 : 0;
    for (int i = 0; i < size && i < 8; i++)
        integer = (int64_t)((uint64_t)integer << 8 | (uint8_t)bytes[i]);
    if (type == SQL_TIME && size == 8)
        integer += epoch_us;
    return type == SQL_BOOLEAN ? integer != 0 : integer;
}
