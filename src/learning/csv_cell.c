/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/csv_cell.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "model/reason.h"

/* Where the reader is. */
struct csv_reader {
    char *at;
    char *end;
    size_t line;
    struct csv_fields *out;
    struct buf fields, lines; /* that `out` gets at the end */
    size_t row_width;         /* of the row being read, so far */
    char *reason;
};

static enum status fault(struct csv_reader *reader, size_t line, const char *what)
{
    snprintf(reader->reason, REASON_MAX + 1, "line %zu: %s", line, what);
    return STATUS_INVALID;
}

static bool at_field_end(const struct csv_reader *reader)
{
    return reader->at == reader->end || *reader->at == ',' || *reader->at == '\n' ||
           (*reader->at == '\r' && reader->at + 1 < reader->end && reader->at[1] == '\n');
}

/* After the opening quote. The text moves together where a doubled quote becomes one. */
static enum status quoted_read(struct csv_reader *reader, struct slice *field)
{
    size_t line = reader->line;
    char *to = reader->at;
    field->data = to;
    for (; reader->at < reader->end; reader->at++) {
        if (*reader->at == '"') {
            reader->at++;
            if (reader->at == reader->end || *reader->at != '"') {
                assert(to < reader->at); /* what is read is moved back, never on */
                field->size = (size_t)(to - field->data);
                return at_field_end(reader)
                           ? STATUS_OK
                           : fault(reader, reader->line, "text after a closing quote");
            }
        }
        reader->line += *reader->at == '\n';
        *to++ = *reader->at;
    }
    return fault(reader, line, "a quote that is never closed");
}

static enum status plain_read(struct csv_reader *reader, struct slice *field)
{
    field->data = reader->at;
    for (; !at_field_end(reader); reader->at++)
        if (*reader->at == '"')
            return fault(reader, reader->line,
                         "a quote within a field that does not begin with one");
    field->size = (size_t)(reader->at - field->data);
    return STATUS_OK;
}

static enum status field_read(struct csv_reader *reader, struct slice *field)
{
    enum status status;
    if (reader->row_width > MODEL_COLUMNS_MAX)
        return fault(reader, reader->line, "too many columns");
    if (reader->at < reader->end && *reader->at == '"') {
        reader->at++;
        status = quoted_read(reader, field);
    } else {
        status = plain_read(reader, field);
    }
    if (status == STATUS_OK && memchr(field->data, '\0', field->size) != NULL)
        return fault(reader, reader->line, "a zero byte");
    if (status == STATUS_OK && !text_is_utf8(field->data, field->size))
        return fault(reader, reader->line, "not UTF-8");
    buf_append(&reader->fields, field, sizeof *field);
    reader->row_width++;
    assert(reader->row_width <= MODEL_COLUMNS_MAX + 1);
    return status;
}

static enum status row_keep(struct csv_reader *reader, size_t line)
{
    struct csv_fields *out = reader->out;
    if (out->row_count == 0)
        out->width = reader->row_width;
    if (reader->row_width != out->width)
        return reason_tell(reader->reason, STATUS_INVALID,
                           "line %zu: %zu fields, the header has %zu", line, reader->row_width,
                           out->width);
    if (out->row_count > TRAINING_ROWS_MAX)
        return fault(reader, line, "too many rows");
    buf_append(&reader->lines, &line, sizeof line);
    if (reader->fields.overflowed || reader->lines.overflowed)
        return fault(reader, line, "memory is out");
    out->row_count++;
    assert(reader->fields.size == out->row_count * out->width * sizeof(struct slice));
    return STATUS_OK;
}

/* Reads a row and its line end. A line with nothing on it is no row. */
static enum status row_read(struct csv_reader *reader)
{
    size_t line = reader->line, before = reader->fields.size;
    struct slice field = {0};
    enum status status = STATUS_OK;
    reader->row_width = 0;
    for (bool more = true; more && status == STATUS_OK;) {
        status = field_read(reader, &field);
        more = status == STATUS_OK && reader->at < reader->end && *reader->at == ',';
        reader->at += more;
    }
    if (status != STATUS_OK)
        return status;
    if (reader->at < reader->end && *reader->at == '\r')
        reader->at++;
    if (reader->at < reader->end && *reader->at == '\n') {
        reader->at++;
        reader->line++;
    }
    /* With one column an empty line is a missing value, but then there is nothing to learn. */
    if (reader->row_width == 1 && field.size == 0) {
        reader->fields.size = before;
        return STATUS_OK;
    }
    return row_keep(reader, line);
}

enum status csv_fields_split(char *text, size_t size, struct csv_fields *fields,
                             char reason[REASON_MAX + 1])
{
    static const char mark[] = "\xEF\xBB\xBF";
    struct csv_reader reader = {
        .at = text, .end = text + size, .line = 1, .out = fields, .reason = reason};
    const size_t fields_max = CSV_FILE_MAX + 1; /* one for each byte, and the last */
    *fields = (struct csv_fields){0};
    buf_init(&reader.fields, fields_max * sizeof(struct slice));
    buf_init(&reader.lines, fields_max * sizeof(size_t));
    if (size >= sizeof mark - 1 && memcmp(text, mark, sizeof mark - 1) == 0)
        reader.at += sizeof mark - 1;
    enum status status = STATUS_OK;
    while (reader.at < reader.end && status == STATUS_OK)
        status = row_read(&reader);
    assert(reader.at <= reader.end);
    fields->fields = (void *)reader.fields.data;
    fields->lines = (void *)reader.lines.data;
    if (status == STATUS_OK && fields->row_count == 0)
        status = fault(&reader, 1, "the file is empty");
    if (status != STATUS_OK)
        csv_fields_free(fields);
    return status;
}

void csv_fields_free(struct csv_fields *fields)
{
    free(fields->fields);
    free(fields->lines);
    *fields = (struct csv_fields){0};
}

enum { NUMBER_TEXT_MAX = 63 };

struct slice csv_cell(const struct csv_fields *fields, size_t row, size_t column)
{
    assert(row < fields->row_count && column < fields->width);
    return slice_trim(fields->fields[row * fields->width + column]);
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
    slice_text(cell, text, sizeof text);
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
