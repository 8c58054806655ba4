/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit.h"
#include "process/log.h"
#include "process/metrics.h"

static const int64_t now_us = 1768480200000000LL;

static void append(struct journal_writer *writer, const char *payload, int64_t at_us)
{
    struct bus_message message = {.stream = STREAM_EMOTIONS, .payload = slice_of(payload)};
    assert_int_equal(journal_begin(writer), STATUS_OK);
    assert_int_equal(journal_append(writer, &message, slice_of(""), at_us), STATUS_OK);
    assert_int_equal(journal_trim(writer, at_us), STATUS_OK);
    struct journal_stream row = writer->streams[STREAM_EMOTIONS];
    assert_int_equal(journal_stream_write(writer, STREAM_EMOTIONS, &row), STATUS_OK);
    assert_int_equal(journal_finish(writer, STATUS_OK), STATUS_OK);
}

static void a_clock_that_jumped_makes_no_message_old(void **state)
{
    char folder[] = "/tmp/ecs-journal-XXXXXX", path[64], command[64], reason[REASON_MAX + 1];
    struct journal_writer writer;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/bus.db", folder);
    assert_int_equal(journal_writer_open(&writer, path, now_us, reason), STATUS_OK);
    append(&writer, "first", now_us);
    append(&writer, "by a wrong clock", now_us + 15 * DAY_US);
    assert_int_equal(writer.committed[STREAM_EMOTIONS].first, 1);
    journal_writer_close(&writer);
    assert_int_equal(journal_writer_open(&writer, path, now_us, reason), STATUS_OK);
    append(&writer, "after a restart", now_us + 15 * DAY_US + HOUR_US / 2);
    assert_int_equal(writer.committed[STREAM_EMOTIONS].first, 1);
    /* Time that passes as it should makes messages old. */
    for (int hour = 1; hour <= 4 * 24; hour++)
        append(&writer, "hourly", now_us + hour * HOUR_US);
    assert_true(writer.committed[STREAM_EMOTIONS].first > 1);
    journal_writer_close(&writer);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void bury(struct journal_writer *writer, char payload[1000])
{
    struct bus_message message = {.stream = STREAM_DEAD_LETTERS, .payload = {payload, 1000}};
    assert_int_equal(journal_begin(writer), STATUS_OK);
    assert_int_equal(journal_append(writer, &message, slice_of(""), now_us), STATUS_OK);
    struct journal_stream row = writer->streams[STREAM_DEAD_LETTERS];
    assert_int_equal(journal_stream_write(writer, STREAM_DEAD_LETTERS, &row), STATUS_OK);
    assert_int_equal(journal_finish(writer, STATUS_OK), STATUS_OK);
}

static void the_oldest_dead_letters_make_room(void **state)
{
    char folder[] = "/tmp/ecs-journal-XXXXXX", path[64], command[64], payload[1000] = "";
    char reason[REASON_MAX + 1];
    struct journal_writer writer;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/bus.db", folder);
    assert_int_equal(journal_writer_open(&writer, path, now_us, reason), STATUS_OK);
    int64_t dropped = metric_value(METRIC_bus_dropped, LABEL_dead_letter);
    writer.letter_bytes_max = 10 * 1512;
    for (int i = 0; i < 10; i++)
        bury(&writer, payload);
    const struct journal_stream *letters = &writer.committed[STREAM_DEAD_LETTERS];
    assert_int_equal(letters->first, 1);
    assert_int_equal(journal_remove(&writer, STREAM_DEAD_LETTERS, 2), STATUS_OK);
    for (int i = 0; i < 3; i++)
        bury(&writer, payload);
    assert_int_equal(letters->first, 4); /* 1 and 3 had to go, 2 had gone */
    assert_int_equal(letters->bytes, 10 * 1512);
    assert_int_equal(metric_value(METRIC_bus_dropped, LABEL_dead_letter), dropped + 2);
    journal_writer_close(&writer);
    assert_int_equal(journal_writer_open(&writer, path, now_us, reason), STATUS_OK);
    assert_int_equal(letters->bytes, 10 * 1512);
    journal_writer_close(&writer);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void a_log_of_the_first_format_is_brought_up(void **state)
{
    char folder[] = "/tmp/ecs-journal-XXXXXX", path[64], command[64], reason[REASON_MAX + 1];
    struct journal_writer writer;
    struct journal_reader reader;
    struct bus_message messages[2];
    size_t count;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/bus.db", folder);
    assert_int_equal(journal_writer_open(&writer, path, now_us, reason), STATUS_OK);
    append(&writer, "old", now_us);
    journal_writer_close(&writer);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "ALTER TABLE messages DROP COLUMN producer;"
                                  "PRAGMA user_version = 1",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    for (int time = 0; time < 2; time++) {
        assert_int_equal(journal_writer_open(&writer, path, now_us, reason), STATUS_OK);
        append(&writer, time == 0 ? "new" : "newer", now_us);
        journal_writer_close(&writer);
    }
    assert_int_equal(journal_reader_open(&reader, path), STATUS_OK);
    assert_int_equal(journal_read(&reader, STREAM_EMOTIONS, 1, 2, messages, 2, &count), STATUS_OK);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(messages[i].producer.size, 0);
    journal_messages_free(messages, count);
    journal_reader_close(&reader);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_jumped_makes_no_message_old),
        cmocka_unit_test(the_oldest_dead_letters_make_room),
        cmocka_unit_test(a_log_of_the_first_format_is_brought_up),
    };
    log_start(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
