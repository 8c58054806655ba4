/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/csv_cell.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_TEXT_MAX = 63 };

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

struct slice csv_cell(const struct csv_fields *fields, size_t row, size_t column)
{
    struct slice cell = csv_field(fields, row, column);
    while (cell.size > 0 && is_blank(cell.data[0]))
        cell = (struct slice){cell.data + 1, cell.size - 1};
    while (cell.size > 0 && is_blank(cell.data[cell.size - 1]))
        cell.size--;
    return cell;
}

static bool is_one_of(struct slice cell, const char *const words[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cell.size == strlen(words[i]) && strncasecmp(cell.data, words[i], cell.size) == 0)
            return true;
    return false;
}

bool csv_cell_is_missing(struct slice cell)
{
    static const char *const words[] = {"", "NA", "N/A", "?", "null", "NaN"};
    return is_one_of(cell, words, sizeof words / sizeof words[0]);
}

/* strtod alone would take "0x1", "inf" and "nan" too. */
bool csv_cell_number(struct slice cell, double *value)
{
    char text[NUMBER_TEXT_MAX + 1];
    char *end;
    if (cell.size == 0 || cell.size > NUMBER_TEXT_MAX)
        return false;
    memcpy(text, cell.data, cell.size);
    text[cell.size] = '\0';
    if (strspn(text, "+-.0123456789eE") != cell.size)
        return false;
    *value = strtod(text, &end);
    return *end == '\0' && isfinite(*value);
}

bool csv_cell_resembles_number(struct slice cell)
{
    static const char *const infinite[] = {"inf", "-inf", "+inf", "infinity", "-infinity"};
    static const char *const dress[] = {"R$", "$", "€", "£", "¥", "%", ",", "'", " ", "\u00A0"};
    char plain[NUMBER_TEXT_MAX];
    size_t size = 0;
    double value;
    if (cell.size > sizeof plain)
        return false;
    for (size_t at = 0, skipped; at < cell.size; at += skipped) {
        skipped = 0;
        for (size_t i = 0; i < sizeof dress / sizeof dress[0] && skipped == 0; i++)
            if (cell.size - at >= strlen(dress[i]) &&
                memcmp(cell.data + at, dress[i], strlen(dress[i])) == 0)
                skipped = strlen(dress[i]);
        if (skipped == 0) {
            plain[size++] = cell.data[at];
            skipped = 1;
        }
    }
    return is_one_of(cell, infinite, sizeof infinite / sizeof infinite[0]) ||
           csv_cell_number((struct slice){plain, size}, &value);
}

int csv_cell_order(const void *a, const void *b)
{
    const struct slice *x = a;
    const struct slice *y = b;
    size_t size = x->size < y->size ? x->size : y->size;
    int order = memcmp(x->data, y->data, size);
    return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
}

int csv_cell_shown(struct slice cell)
{
    size_t size = cell.size < CSV_CELL_SHOWN_MAX ? cell.size : CSV_CELL_SHOWN_MAX;
    while (size > 0 && size < cell.size && ((unsigned char)cell.data[size] & 0xC0) == 0x80)
        size--;
    return (int)size;
}
