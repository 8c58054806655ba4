/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages → rows of one SQLite file, and back.
 *
 * A message's row id holds its stream and its sequence, so that a stream lies in one piece of one
 * tree, is appended at its end and read in order. Message ids of the last minutes are kept apart,
 * as hashes, in the order they came: the search stays as small as the duplicate window. That spares
 * work only; what makes an event count once, however late it comes again, is store/events.c.
 */
#include "bus/journal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "process/file.h"
#include "process/log.h"
#include "process/metrics.h"
#include "store/sqlite_file.h"

enum { SEQUENCE_BITS = 48, TRIM_ROWS_MAX = 20000, FORMAT = 2, READER_BUSY_MS = 5000 };

#define TEXT(number) TEXT_OF(number)
#define TEXT_OF(number) #number

/* Of format 1, which had no producers. */
static const char upgrade[] = "ALTER TABLE messages ADD COLUMN producer TEXT NOT NULL DEFAULT '';";

static const char *const statement_texts[JOURNAL_STATEMENT_COUNT] = {
    [JOURNAL_BEGIN] = "BEGIN IMMEDIATE",
    [JOURNAL_COMMIT] = "COMMIT",
    [JOURNAL_ROLLBACK] = "ROLLBACK",
    [JOURNAL_REMEMBER] = "INSERT INTO recent (published_us, message) VALUES (?1, ?2)"
                         " ON CONFLICT (message) DO UPDATE SET published_us = excluded.published_us"
                         " WHERE published_us <= ?3",
    [JOURNAL_FORGET] = "DELETE FROM recent WHERE published_us <= ?1 AND position IN"
                       " (SELECT position FROM recent ORDER BY position LIMIT ?2)",
    [JOURNAL_INSERT] = "INSERT INTO messages (id, published_us, subject, message_id, request_id,"
                       " traceparent, reason, payload, producer)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [JOURNAL_STREAM_WRITE] = "UPDATE streams SET last = ?2, floor = ?3, grouped = ?4 WHERE id = ?1",
    [JOURNAL_YOUNG] = "SELECT coalesce(min(id), ?2 + 1) FROM messages WHERE id BETWEEN ?1 AND ?2"
                      " AND published_us >= ?3",
    [JOURNAL_RETENTION] = "UPDATE retention SET present_us = ?1, swept_us = ?2",
    [JOURNAL_REMOVE] = "DELETE FROM messages WHERE id BETWEEN ?1 AND ?2",
    [JOURNAL_BYTES] =
        "SELECT sum(length(payload) + " TEXT(LETTER_OVERHEAD) ") FROM messages"
                                                              " WHERE id BETWEEN ?1 AND ?2",
    [JOURNAL_OLDEST] = "SELECT min(id) FROM messages WHERE id BETWEEN ?1 AND ?2",
};

static int64_t row_id(enum stream stream, uint64_t sequence)
{
    assert(sequence < 1ULL << SEQUENCE_BITS);
    return ((int64_t)stream << SEQUENCE_BITS) | (int64_t)sequence;
}

static uint64_t row_sequence(int64_t id)
{
    return (uint64_t)id & ((1ULL << SEQUENCE_BITS) - 1);
}

static enum status failed(sqlite3 *db, const char *what)
{
    log_seldom(LOG_ERROR, what, "bus log failed", LOG_TEXT("call", what),
               LOG_INTEGER("code", sqlite3_extended_errcode(db)));
    return STATUS_UNAVAILABLE;
}

static void bind_slice(sqlite3_stmt *statement, int column, struct slice slice)
{
    sqlite3_bind_text(statement, column, slice.size > 0 ? slice.data : "", (int)slice.size,
                      SQLITE_STATIC);
}

/* Runs a statement that gives no rows. */
static enum status run(struct journal_writer *writer, enum journal_statement which)
{
    sqlite3_stmt *statement = writer->statements[which];
    int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? STATUS_OK : failed(writer->db, statement_texts[which]);
}

/* The number in the first row that a statement gives for two numbers; it stays as it is if there is
 * none. SQLite's code for that. */
static int number_step(sqlite3_stmt *statement, int64_t first, int64_t second, int64_t *number)
{
    sqlite3_bind_int64(statement, 1, first);
    sqlite3_bind_int64(statement, 2, second);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *number = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return code;
}

/* The one number that a statement answers about [from, to] of a stream. */
static int64_t number_of(struct journal_writer *writer, enum journal_statement which,
                         enum stream stream, uint64_t from, uint64_t to)
{
    int64_t number = 0;
    (void)number_step(writer->statements[which], row_id(stream, from), row_id(stream, to), &number);
    return number;
}

/* The numbers in the first row that a text gives. False: there is none, or SQLite failed. */
static bool numbers_read(sqlite3 *db, const char *text, int64_t numbers[], int count)
{
    sqlite3_stmt *statement = NULL;
    bool found = text != NULL && sqlite3_prepare_v2(db, text, -1, &statement, NULL) == SQLITE_OK &&
                 sqlite3_step(statement) == SQLITE_ROW;
    for (int i = 0; i < count && found; i++)
        numbers[i] = sqlite3_column_int64(statement, i);
    sqlite3_finalize(statement);
    return found;
}

static bool load_stream(struct journal_writer *writer, enum stream stream, int64_t now_us)
{
    int64_t row[5];
    char *insert = sqlite3_mprintf("INSERT OR IGNORE INTO streams VALUES (%d, %Q, %lld, 0, 0, 0)",
                                   (int)stream, stream_name(stream), (long long)now_us);
    char *select = sqlite3_mprintf(
        "SELECT created_us, last, floor, grouped, coalesce((SELECT min(id) FROM messages"
        " WHERE id BETWEEN %lld AND %lld), last + 1) FROM streams WHERE id = %d",
        (long long)row_id(stream, 0), (long long)row_id(stream + 1, 0) - 1, (int)stream);
    bool loaded = insert != NULL &&
                  sqlite3_exec(writer->db, insert, NULL, NULL, NULL) == SQLITE_OK &&
                  numbers_read(writer->db, select, row, 5);
    if (loaded)
        writer->streams[stream] = (struct journal_stream){.created_us = row[0],
                                                          .last = (uint64_t)row[1],
                                                          .floor = (uint64_t)row[2],
                                                          .grouped = row[3] != 0,
                                                          .first = row_sequence(row[4])};
    sqlite3_free(select);
    sqlite3_free(insert);
    return loaded;
}

/* All that is kept in memory of what the tables hold. */
static bool load_all(struct journal_writer *writer, int64_t now_us)
{
    int64_t moments[2];
    for (int stream = 0; stream < STREAM_COUNT; stream++)
        if (!load_stream(writer, (enum stream)stream, now_us))
            return false;
    if (!numbers_read(writer->db, "SELECT present_us, swept_us FROM retention", moments, 2))
        return false;
    writer->retention = (struct retention){moments[0], moments[1]};
    return true;
}

enum status journal_writer_open(struct journal_writer *writer, const char *path, int64_t now_us,
                                char reason[REASON_MAX + 1])
{
    enum status status;
    *writer = (struct journal_writer){0};
    int64_t format; /* 0: it is new */
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &writer->db, flags, NULL) != SQLITE_OK ||
        !numbers_read(writer->db, "PRAGMA user_version", &format, 1))
        goto fail;
    if (format > FORMAT) {
        /* It is not touched. */
        snprintf(reason, REASON_MAX + 1, "%s is of format %d, and this program's is %d", path,
                 (int)format, FORMAT);
        status = STATUS_INVALID;
        goto close;
    }
    const struct embedded_file *schema = embedded_file_find("sql/bus.sql");
    assert(schema != NULL); /* meson.build names it */
    char pragmas[200];
    snprintf(pragmas, sizeof pragmas,
             "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -2048;"
             "BEGIN IMMEDIATE; PRAGMA user_version = %d;",
             FORMAT);
    if (sqlite3_exec(writer->db, pragmas, NULL, NULL, NULL) != SQLITE_OK ||
        (format == 1 && sqlite3_exec(writer->db, upgrade, NULL, NULL, NULL) != SQLITE_OK) ||
        sqlite3_exec(writer->db, schema->data, NULL, NULL, NULL) != SQLITE_OK ||
        !load_all(writer, now_us))
        goto fail;
    for (int i = 0; i < JOURNAL_STATEMENT_COUNT; i++)
        if (sqlite3_prepare_v3(writer->db, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &writer->statements[i], NULL) != SQLITE_OK)
            goto fail;
    if (run(writer, JOURNAL_COMMIT) != STATUS_OK)
        goto fail;
    struct journal_stream *letters = &writer->streams[STREAM_DEAD_LETTERS];
    letters->bytes =
        number_of(writer, JOURNAL_BYTES, STREAM_DEAD_LETTERS, letters->first, letters->last);
    writer->letter_bytes_max = BUS_DEAD_LETTER_BYTES_MAX;
    memcpy(writer->committed, writer->streams, sizeof writer->committed);
    return STATUS_OK;
fail:
    status = sqlite_file_failed(path, writer->db, reason);
close:
    journal_writer_close(writer);
    return status;
}

void journal_writer_close(struct journal_writer *writer)
{
    for (int i = 0; i < JOURNAL_STATEMENT_COUNT; i++)
        sqlite3_finalize(writer->statements[i]);
    sqlite3_close(writer->db);
    *writer = (struct journal_writer){0};
}

enum status journal_begin(struct journal_writer *writer)
{
    return run(writer, JOURNAL_BEGIN);
}

enum status journal_finish(struct journal_writer *writer, enum status status)
{
    if (status == STATUS_OK)
        status = run(writer, JOURNAL_COMMIT);
    if (status == STATUS_OK) {
        memcpy(writer->committed, writer->streams, sizeof writer->committed);
        return STATUS_OK;
    }
    /* SQLite has already rolled back after some errors; then there is nothing to end. */
    if (!sqlite3_get_autocommit(writer->db) && run(writer, JOURNAL_ROLLBACK) != STATUS_OK)
        log_error("bus log cannot roll back", LOG_TEXT("engine", "sqlite"));
    memcpy(writer->streams, writer->committed, sizeof writer->streams);
    return status;
}

/* CONFLICT: the id was stored within the duplicate window. */
static enum status remember(struct journal_writer *writer, enum stream stream, struct slice once,
                            int64_t now_us)
{
    if (once.size == 0)
        return STATUS_OK;
    struct hash hash = hash_of((const struct slice[]){slice_of(stream_name(stream)), once}, 2);
    sqlite3_stmt *statement = writer->statements[JOURNAL_REMEMBER];
    sqlite3_bind_int64(statement, 1, now_us);
    sqlite3_bind_blob(statement, 2, hash.bytes, HASH_SIZE, SQLITE_TRANSIENT);
    sqlite3_bind_int64(statement, 3, now_us - BUS_DUPLICATE_WINDOW_US);
    enum status status = run(writer, JOURNAL_REMEMBER);
    if (status != STATUS_OK)
        return status;
    return sqlite3_changes(writer->db) > 0 ? STATUS_OK : STATUS_CONFLICT;
}

static enum status remove_range(struct journal_writer *writer, enum stream stream, uint64_t from,
                                uint64_t to)
{
    assert(from <= to);
    if (stream == STREAM_DEAD_LETTERS)
        writer->streams[stream].bytes -= number_of(writer, JOURNAL_BYTES, stream, from, to);
    sqlite3_stmt *statement = writer->statements[JOURNAL_REMOVE];
    sqlite3_bind_int64(statement, 1, row_id(stream, from));
    sqlite3_bind_int64(statement, 2, row_id(stream, to));
    return run(writer, JOURNAL_REMOVE);
}

/* Dead letters must not stop the stream that they are refused from: the oldest go. */
static enum status letters_make_room(struct journal_writer *writer)
{
    struct journal_stream *row = &writer->streams[STREAM_DEAD_LETTERS];
    enum status status = STATUS_OK;
    while (status == STATUS_OK && row->bytes > writer->letter_bytes_max && row->first < row->last) {
        row->first = row_sequence(
            number_of(writer, JOURNAL_OLDEST, STREAM_DEAD_LETTERS, row->first, row->last));
        status = remove_range(writer, STREAM_DEAD_LETTERS, row->first, row->first);
        row->first++;
        metric_add(METRIC_bus_dropped, LABEL_dead_letter, 1);
    }
    return status;
}

enum status journal_append(struct journal_writer *writer, const struct bus_message *message,
                           struct slice once, int64_t now_us)
{
    enum status status = remember(writer, message->stream, once, now_us);
    if (status != STATUS_OK)
        return status == STATUS_CONFLICT ? STATUS_OK : status;
    struct journal_stream *row = &writer->streams[message->stream];
    struct slice subject = message->subject;
    if (subject.size == 0)
        subject = slice_of(stream_subject(message->stream));
    sqlite3_stmt *statement = writer->statements[JOURNAL_INSERT];
    sqlite3_bind_int64(statement, 1, row_id(message->stream, row->last + 1));
    sqlite3_bind_int64(statement, 2, now_us);
    bind_slice(statement, 3, subject);
    bind_slice(statement, 4, message->message_id);
    bind_slice(statement, 5, message->request_id);
    bind_slice(statement, 6, message->traceparent);
    bind_slice(statement, 7, message->reason);
    sqlite3_bind_blob(statement, 8, message->payload.size > 0 ? message->payload.data : "",
                      (int)message->payload.size, SQLITE_STATIC);
    bind_slice(statement, 9, message->producer);
    status = run(writer, JOURNAL_INSERT);
    if (status != STATUS_OK)
        return status;
    row->last++;
    assert(row->first <= row->last && row->last > writer->committed[message->stream].last);
    if (message->stream != STREAM_DEAD_LETTERS)
        return STATUS_OK;
    row->bytes += number_of(writer, JOURNAL_BYTES, message->stream, row->last, row->last);
    return letters_make_room(writer);
}

enum status journal_stream_write(struct journal_writer *writer, enum stream stream,
                                 const struct journal_stream *row)
{
    assert(row->first <= row->last + 1 && row->floor <= row->last);
    assert(row->last >= writer->committed[stream].last); /* places only grow */
    writer->streams[stream] = *row;
    sqlite3_stmt *statement = writer->statements[JOURNAL_STREAM_WRITE];
    sqlite3_bind_int(statement, 1, (int)stream);
    sqlite3_bind_int64(statement, 2, (int64_t)row->last);
    sqlite3_bind_int64(statement, 3, (int64_t)row->floor);
    sqlite3_bind_int(statement, 4, row->grouped);
    return run(writer, JOURNAL_STREAM_WRITE);
}

static int64_t bytes_used(const struct journal_writer *writer)
{
    int64_t pages = 0, unused = 0, page_bytes = 0;
    (void)numbers_read(writer->db, "PRAGMA page_count", &pages, 1);
    (void)numbers_read(writer->db, "PRAGMA freelist_count", &unused, 1);
    (void)numbers_read(writer->db, "PRAGMA page_size", &page_bytes, 1);
    return (pages - unused) * page_bytes;
}

bool journal_full(const struct journal_writer *writer)
{
    return bytes_used(writer) >= BUS_STREAM_BYTES_MAX;
}

/* The moment by which messages are old: now, unless that is too far ahead of what was believed. */
static enum status present_believed(struct journal_writer *writer, int64_t now_us,
                                    int64_t *present_us)
{
    struct retention *retention = &writer->retention;
    enum retention_answer answer = retention_check(retention, now_us, now_us);
    int64_t swept_us = retention->swept_us;
    *present_us = answer == RETENTION_DUE ? now_us : 0;
    if (answer != RETENTION_DUE && !writer->distrust_told)
        log_error("no message is dropped for its age: the clock is far ahead of the log's",
                  LOG_INTEGER("ahead_s", (now_us - retention->present_us) / SECOND_US));
    writer->distrust_told = answer != RETENTION_DUE;
    (void)retention_step(retention, now_us, now_us);
    if (retention->swept_us == swept_us)
        return STATUS_OK;
    sqlite3_stmt *statement = writer->statements[JOURNAL_RETENTION];
    sqlite3_bind_int64(statement, 1, retention->present_us);
    sqlite3_bind_int64(statement, 2, retention->swept_us);
    return run(writer, JOURNAL_RETENTION);
}

static enum status trim_stream(struct journal_writer *writer, enum stream stream, int64_t now_us,
                               bool large)
{
    struct journal_stream row = writer->streams[stream];
    uint64_t to =
        row.first + TRIM_ROWS_MAX - 1 < row.last ? row.first + TRIM_ROWS_MAX - 1 : row.last;
    if (row.first > to)
        return STATUS_OK;
    int64_t age_us = stream == STREAM_DEAD_LETTERS ? BUS_DEAD_LETTER_AGE_US : BUS_STREAM_AGE_US;
    /* The first that is young, or to + 1. */
    sqlite3_bind_int64(writer->statements[JOURNAL_YOUNG], 3, now_us - age_us);
    uint64_t keep = row_sequence(number_of(writer, JOURNAL_YOUNG, stream, row.first, to));
    /* What nobody needs any more. Dead letters wait for a person; a stream without a group is only
     * watched. */
    uint64_t settled = stream == STREAM_DEAD_LETTERS ? 0 : row.grouped ? row.floor : row.last;
    if (large && settled >= keep)
        keep = (settled < to ? settled : to) + 1;
    if (keep <= row.first)
        return STATUS_OK;
    assert(keep <= row.last + 1);
    enum status status = remove_range(writer, stream, row.first, keep - 1);
    row.bytes = writer->streams[stream].bytes;
    row.first = keep;
    if (row.floor < keep - 1)
        row.floor = keep - 1;
    return status == STATUS_OK ? journal_stream_write(writer, stream, &row) : status;
}

enum status journal_trim(struct journal_writer *writer, int64_t now_us)
{
    bool large = bytes_used(writer) >= BUS_STREAM_BYTES_MAX / 4 * 3;
    int64_t present_us;
    enum status status = present_believed(writer, now_us, &present_us);
    for (int stream = 0; stream < STREAM_COUNT && status == STATUS_OK; stream++)
        status = trim_stream(writer, (enum stream)stream, present_us, large);
    if (status != STATUS_OK)
        return status;
    sqlite3_stmt *statement = writer->statements[JOURNAL_FORGET];
    sqlite3_bind_int64(statement, 1, now_us - BUS_DUPLICATE_WINDOW_US);
    sqlite3_bind_int(statement, 2, TRIM_ROWS_MAX);
    return run(writer, JOURNAL_FORGET);
}

enum status journal_remove(struct journal_writer *writer, enum stream stream, uint64_t sequence)
{
    enum status status = remove_range(writer, stream, sequence, sequence);
    writer->committed[stream].bytes = writer->streams[stream].bytes;
    if (status != STATUS_OK)
        return status;
    return sqlite3_changes(writer->db) > 0 ? STATUS_OK : STATUS_NOT_FOUND;
}

static const char *const question_texts[JOURNAL_QUESTIONS] = {
    [JOURNAL_RANGE] =
        ("SELECT id, published_us, subject, message_id, request_id, traceparent, reason,"
         " payload, producer FROM messages WHERE id BETWEEN ?1 AND ?2"
         " ORDER BY id LIMIT ?3"),
    [JOURNAL_SINCE] = ("SELECT id FROM messages WHERE id BETWEEN ?1 AND ?2 AND published_us >= ?3"
                       " ORDER BY id LIMIT 1"),
    [JOURNAL_COUNT] = "SELECT count(*) FROM messages WHERE id BETWEEN ?1 AND ?2",
    [JOURNAL_LAST] = "SELECT last FROM streams WHERE id BETWEEN ?1 AND ?2",
};

enum status journal_reader_open(struct journal_reader *reader, const char *path)
{
    *reader = (struct journal_reader){0};
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    /* A log that is being opened or truncated is busy for a moment, for readers too. The writer is
     * the last to close, and alone checkpoints. */
    bool open =
        sqlite3_open_v2(path, &reader->db, flags, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(reader->db, READER_BUSY_MS) == SQLITE_OK &&
        sqlite3_exec(reader->db,
                     "PRAGMA query_only = 1; PRAGMA wal_autocheckpoint = 0;"
                     "PRAGMA cache_size = -256",
                     NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_db_config(reader->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) == SQLITE_OK;
    for (int i = 0; i < JOURNAL_QUESTIONS && open; i++)
        open = sqlite3_prepare_v2(reader->db, question_texts[i], -1, &reader->statements[i],
                                  NULL) == SQLITE_OK;
    if (open)
        return STATUS_OK;
    failed(reader->db, "open to read");
    journal_reader_close(reader);
    return STATUS_UNAVAILABLE;
}

void journal_reader_close(struct journal_reader *reader)
{
    for (int i = 0; i < JOURNAL_QUESTIONS; i++)
        sqlite3_finalize(reader->statements[i]);
    sqlite3_close(reader->db);
    *reader = (struct journal_reader){0};
}

/* Copies the row that `statement` stands on. False: memory is out. */
static bool row_copy(sqlite3_stmt *statement, enum stream stream, struct bus_message *message)
{
    enum { FIRST = 2, COLUMNS = 9 };
    size_t size = sizeof(struct held);
    for (int column = FIRST; column < COLUMNS; column++)
        size += (size_t)sqlite3_column_bytes(statement, column);
    struct held *record = malloc(size);
    if (record == NULL)
        return false;
    *message = (struct bus_message){.stream = stream, .handle = record};
    struct slice *const slices[] = {
        &message->subject, &message->message_id, &message->request_id, &message->traceparent,
        &message->reason,  &message->payload,    &message->producer};
    char *end = (char *)(record + 1);
    for (int column = FIRST; column < COLUMNS; column++) {
        const void *data = sqlite3_column_blob(statement, column);
        struct slice *slice = slices[column - FIRST];
        *slice = (struct slice){end, (size_t)sqlite3_column_bytes(statement, column)};
        if (slice->size > 0)
            memcpy(end, data, slice->size);
        end += slice->size;
    }
    assert(end == (char *)record + size);
    message->sequence = row_sequence(sqlite3_column_int64(statement, 0));
    message->published_us = sqlite3_column_int64(statement, 1);
    return true;
}

enum status journal_read(struct journal_reader *reader, enum stream stream, uint64_t from,
                         uint64_t to, struct bus_message messages[], size_t max, size_t *count)
{
    *count = 0;
    sqlite3_stmt *range = reader->statements[JOURNAL_RANGE];
    sqlite3_bind_int64(range, 1, row_id(stream, from));
    sqlite3_bind_int64(range, 2, row_id(stream, to));
    sqlite3_bind_int64(range, 3, (int64_t)max);
    int code;
    while ((code = sqlite3_step(range)) == SQLITE_ROW) {
        assert(*count < max);
        struct bus_message *message = &messages[*count];
        if (!row_copy(range, stream, message))
            break;
        assert(message->sequence >= from && message->sequence <= to);
        assert(*count == 0 || message->sequence > messages[*count - 1].sequence);
        ++*count;
    }
    sqlite3_reset(range);
    if (code == SQLITE_DONE)
        return STATUS_OK;
    journal_messages_free(messages, *count);
    *count = 0;
    return failed(reader->db, "read");
}

void journal_messages_free(struct bus_message messages[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(messages[i].handle);
}

/* The number that a question about [from, to] is answered with; it stays as it is if there is none.
 */
static enum status number_read(struct journal_reader *reader, enum journal_question question,
                               int64_t from, int64_t to, int64_t *number)
{
    int code = number_step(reader->statements[question], from, to, number);
    return code == SQLITE_ROW || code == SQLITE_DONE ? STATUS_OK
                                                     : failed(reader->db, question_texts[question]);
}

enum status journal_sequence_since(struct journal_reader *reader, enum stream stream,
                                   int64_t since_us, uint64_t last, uint64_t *sequence)
{
    int64_t id = row_id(stream, last + 1);
    sqlite3_bind_int64(reader->statements[JOURNAL_SINCE], 3, since_us);
    enum status status =
        number_read(reader, JOURNAL_SINCE, row_id(stream, 0), row_id(stream, last), &id);
    *sequence = row_sequence(id);
    return status;
}

enum status journal_count_after(struct journal_reader *reader, enum stream stream,
                                uint64_t sequence, uint64_t *count)
{
    int64_t number = 0;
    enum status status = number_read(reader, JOURNAL_COUNT, row_id(stream, sequence + 1),
                                     row_id(stream + 1, 0) - 1, &number);
    *count = (uint64_t)number;
    return status;
}

enum status journal_last(struct journal_reader *reader, enum stream stream, uint64_t *sequence)
{
    int64_t last = 0;
    enum status status = number_read(reader, JOURNAL_LAST, stream, stream, &last);
    *sequence = (uint64_t)last;
    return status;
}
