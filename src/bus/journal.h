/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of bus_sqlite: messages, recent message ids, streams with their consumer group.
 *
 * A journal_writer is the one connection that writes and checkpoints; a journal_reader only reads.
 * Each is used by one thread at a time; its owner sees to that.
 */
#ifndef ECS_BUS_JOURNAL_H
#define ECS_BUS_JOURNAL_H

#include <sqlite3.h>

#include "bus/publication.h"
#include "domain/retention.h"

struct journal_stream {
    int64_t created_us;
    uint64_t first; /* the oldest sequence that is kept, last + 1 if none is */
    uint64_t last;
    uint64_t floor; /* the consumer group has settled all up to it */
    bool grouped;   /* it has a consumer group */
    int64_t bytes;  /* of dead letters only: what they take up */
};

enum journal_statement {
    JOURNAL_BEGIN,
    JOURNAL_COMMIT,
    JOURNAL_ROLLBACK,
    JOURNAL_REMEMBER,
    JOURNAL_FORGET,
    JOURNAL_INSERT,
    JOURNAL_STREAM_WRITE,
    JOURNAL_YOUNG,
    JOURNAL_RETENTION,
    JOURNAL_REMOVE,
    JOURNAL_BYTES,
    JOURNAL_OLDEST,
    JOURNAL_STATEMENT_COUNT
};

struct journal_writer {
    sqlite3 *db;
    sqlite3_stmt *statements[JOURNAL_STATEMENT_COUNT];
    struct retention retention; /* whether the clock can be believed, in matters of age */
    bool distrust_told;
    int64_t letter_bytes_max;                      /* BUS_DEAD_LETTER_BYTES_MAX, but in tests */
    struct journal_stream streams[STREAM_COUNT];   /* as of this transaction */
    struct journal_stream committed[STREAM_COUNT]; /* as of the last one */
};

enum journal_question {
    JOURNAL_RANGE,
    JOURNAL_SINCE,
    JOURNAL_COUNT,
    JOURNAL_LAST,
    JOURNAL_QUESTIONS
};

struct journal_reader {
    sqlite3 *db;
    sqlite3_stmt *statements[JOURNAL_QUESTIONS];
};

/* Creates what is missing and reads the state of the streams. Otherwise the status and `reason` of
 * sqlite_file_failed; a log of another format is INVALID. */
MUST_CHECK enum status journal_writer_open(struct journal_writer *writer, const char *path,
                                           int64_t now_us, char reason[REASON_MAX + 1]);
void journal_writer_close(struct journal_writer *writer);

MUST_CHECK enum status journal_begin(struct journal_writer *writer);
/* Commits if all since journal_begin went well; else, or if that fails, all of it is undone. Also
 * after a journal_begin that failed. */
MUST_CHECK enum status journal_finish(struct journal_writer *writer, enum status status);

/* Within a transaction. What has the same `once` as something stored in this stream within the
 * duplicate window is not stored again: OK all the same. Empty: always stored. Dead letters that
 * take up more than they may lose their oldest. */
MUST_CHECK enum status journal_append(struct journal_writer *writer,
                                      const struct bus_message *message, struct slice once,
                                      int64_t now_us);
MUST_CHECK enum status journal_stream_write(struct journal_writer *writer, enum stream stream,
                                            const struct journal_stream *row);
/* Within a transaction: drops messages that are too old, settled ones when the file grows large,
 * and forgets old message ids; a bounded number of each. A clock that jumped makes nothing old. */
MUST_CHECK enum status journal_trim(struct journal_writer *writer, int64_t now_us);
/* True: the log has reached its size and takes no more. */
bool journal_full(const struct journal_writer *writer);
/* NOT_FOUND if there is none. */
MUST_CHECK enum status journal_remove(struct journal_writer *writer, enum stream stream,
                                      uint64_t sequence);

MUST_CHECK enum status journal_reader_open(struct journal_reader *reader, const char *path);
void journal_reader_close(struct journal_reader *reader);

/* Messages of `from` to `to`, ascending, at most `max`; journal_messages_free() ends them. Each is
 * one allocation, its handle: a struct held, and behind it what its slices point to. */
MUST_CHECK enum status journal_read(struct journal_reader *reader, enum stream stream,
                                    uint64_t from, uint64_t to, struct bus_message messages[],
                                    size_t max, size_t *count);
void journal_messages_free(struct bus_message messages[], size_t count);
/* The first sequence stored at or after `since_us`; `last` + 1 if there is none. */
MUST_CHECK enum status journal_sequence_since(struct journal_reader *reader, enum stream stream,
                                              int64_t since_us, uint64_t last, uint64_t *sequence);
/* The last sequence of a stream; 0 if nothing was ever stored in it. */
MUST_CHECK enum status journal_last(struct journal_reader *reader, enum stream stream,
                                    uint64_t *sequence);
MUST_CHECK enum status journal_count_after(struct journal_reader *reader, enum stream stream,
                                           uint64_t sequence, uint64_t *count);

#endif
