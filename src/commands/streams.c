/* SPDX-License-Identifier: Apache-2.0
 *
 * The streams, for who operates them. `ecs dead`: the messages that were refused, and the way back
 * for them. `ecs rewind`: a stream's consumers start again at a moment.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/hash.h"
#include "base/json_put.h"
#include "base/text.h"
#include "base/time_text.h"
#include "commands/command.h"
#include "commands/options.h"
#include "commands/report.h"
#include "commands/toolbox.h"

enum { READ_MAX = 64, FLUSH_WAIT_US = 10000 };

/* Does something with one dead letter; not OK ends the walk. */
typedef enum status visit(struct bus *bus, const struct bus_message *letter, void *context);

/* Visits the letters that are there now, in order: one that is refused again meanwhile comes
 * behind them. */
static enum status letters_visit(struct bus *bus, visit *visit_one, void *context)
{
    struct bus_message letters[READ_MAX];
    struct bus_lag lag;
    uint64_t next = 1;
    size_t count;
    enum status status = bus_lag(bus, STREAM_DEAD_LETTERS, &lag);
    while (status == STATUS_OK && next <= lag.last_sequence) {
        status = bus_read(bus, STREAM_DEAD_LETTERS, next, letters, READ_MAX, &count);
        if (status != STATUS_OK || count == 0)
            break;
        assert(count <= READ_MAX && letters[0].sequence >= next); /* the walk goes on */
        next = letters[count - 1].sequence + 1;
        for (size_t i = 0; i < count && status == STATUS_OK; i++)
            if (letters[i].sequence <= lag.last_sequence)
                status = visit_one(bus, &letters[i], context);
        bus_read_free(bus, letters, count);
    }
    return status;
}

/* The stream that a letter was refused from: the end of its subject. */
static enum status letter_stream(const struct bus_message *letter, enum stream *stream)
{
    static const char prefix[] = "ecs.dead.";
    size_t skip = sizeof prefix - 1;
    if (letter->subject.size <= skip || memcmp(letter->subject.data, prefix, skip) != 0)
        return STATUS_INVALID;
    struct slice name = {letter->subject.data + skip, letter->subject.size - skip};
    for (int i = 0; i < STREAM_COUNT; i++) {
        *stream = (enum stream)i;
        if (slice_equals(name, stream_name(*stream)))
            return STATUS_OK;
    }
    return STATUS_INVALID;
}

static void letter_report(struct buf *report, const struct bus_message *letter, const char *stream)
{
    json_put_open(report, NULL, '{');
    json_put_integer(report, "sequence", (int64_t)letter->sequence);
    json_put_time(report, "time", letter->published_us);
    json_put_text(report, "stream", stream);
    json_put_integer(report, "bytes", (int64_t)letter->payload.size);
    json_put_bytes(report, "request_id", letter->request_id);
    if (letter->producer.size > 0)
        json_put_bytes(report, "producer", letter->producer);
    json_put_bytes(report, "reason", letter->reason);
    json_put_close(report, '}');
}

struct listing {
    size_t shown;
    struct buf report; /* with --json */
};

static enum status letter_show(struct bus *bus, const struct bus_message *letter, void *context)
{
    (void)bus;
    struct listing *listing = context;
    char time[TIME_TEXT_SIZE];
    enum stream stream;
    time_format(letter->published_us, time);
    bool known = letter_stream(letter, &stream) == STATUS_OK;
    if (report_is_json()) {
        letter_report(&listing->report, letter, known ? stream_name(stream) : "?");
        return STATUS_OK;
    }
    if (listing->shown++ == 0)
        printf("%-10s %-27s %-12s %6s %-36s %-12s %s\n", "sequence", "time", "stream", "bytes",
               "request", "producer", "reason");
    printf("%-10" PRIu64 " %s %-12s %6zu %-36.*s %-12.*s %.*s\n", letter->sequence, time,
           known ? stream_name(stream) : "?", letter->payload.size, (int)letter->request_id.size,
           letter->request_id.data, (int)letter->producer.size,
           letter->producer.data == NULL ? "" : letter->producer.data, (int)letter->reason.size,
           letter->reason.data);
    return STATUS_OK;
}

static int list(struct bus *bus)
{
    struct listing listing = {0};
    report_begin(&listing.report);
    json_put_open(&listing.report, "dead_letters", '[');
    enum status status = letters_visit(bus, letter_show, &listing);
    json_put_close(&listing.report, ']');
    if (status != STATUS_OK)
        fprintf(stderr, "ecs dead: the bus cannot be read: %s\n", status_title(status));
    else if (report_is_json())
        report_end(&listing.report);
    else if (listing.shown == 0)
        printf("no dead letters\n");
    buf_free(&listing.report);
    return status == STATUS_OK ? EX_OK : EX_UNAVAILABLE;
}

enum { WAITING, STORED, FAILED };

static void note_published(void *context, enum status status)
{
    atomic_store((_Atomic int *)context, status == STATUS_OK ? STORED : FAILED);
}

/* A letter's id when it is put back: not its first one, which the bus may still remember and drop,
 * and always the same one, so that a retry that is itself repeated does not count twice. */
static struct hash retry_id(const struct bus_message *letter)
{
    return hash_of(
        (const struct slice[]){
            slice_of("dead"),
            {(const char *)&letter->stream_created_us, sizeof letter->stream_created_us},
            {(const char *)&letter->sequence, sizeof letter->sequence},
            {(const char *)&letter->published_us, sizeof letter->published_us},
            letter->message_id},
        5);
}

static enum status put_back(struct bus *bus, const struct bus_message *letter, enum stream stream)
{
    _Atomic int state = WAITING;
    char id[HASH_TEXT_SIZE];
    struct hash hash = retry_id(letter);
    hash_format(&hash, id);
    struct bus_message message = {
        .stream = stream,
        .payload = letter->payload,
        .message_id = slice_of(id),
        .request_id = letter->request_id,
        .traceparent = letter->traceparent,
        .producer = letter->producer,
    };
    bus_publish(bus, &message, note_published, &state);
    enum status status = STATUS_OK;
    while (atomic_load(&state) == WAITING)
        status = bus_flush(bus, FLUSH_WAIT_US);
    assert(atomic_load(&state) == STORED || atomic_load(&state) == FAILED);
    if (atomic_load(&state) == STORED)
        return STATUS_OK;
    return status != STATUS_OK ? status : STATUS_UNAVAILABLE;
}

_Static_assert(BUS_DEAD_LETTER_AGE_US == 10 * DAY_US, "its help says so");

struct retry {
    int64_t oldest_us;         /* what is older may have been counted since, and its key be gone */
    const uint64_t *sequences; /* those wanted */
    size_t wanted;             /* 0: all */
    size_t done;
};

static bool is_wanted(const struct retry *retry, uint64_t sequence)
{
    for (size_t i = 0; i < retry->wanted; i++)
        if (retry->sequences[i] == sequence)
            return true;
    return retry->wanted == 0;
}

static enum status letter_retry(struct bus *bus, const struct bus_message *letter, void *context)
{
    struct retry *retry = context;
    enum stream stream;
    if (!is_wanted(retry, letter->sequence))
        return STATUS_OK;
    if (letter_stream(letter, &stream) != STATUS_OK) {
        fprintf(stderr, "ecs dead: %" PRIu64 " is of no stream that is known; left\n",
                letter->sequence);
        return STATUS_OK;
    }
    if (letter->published_us < retry->oldest_us) {
        fprintf(stderr,
                "ecs dead: %" PRIu64 " is more than %lld days old and might count twice; left\n",
                letter->sequence, BUS_DEAD_LETTER_AGE_US / DAY_US);
        return STATUS_OK;
    }
    enum status status = put_back(bus, letter, stream);
    if (status == STATUS_OK)
        status = bus_remove(bus, STREAM_DEAD_LETTERS, letter->sequence);
    retry->done += status == STATUS_OK;
    return status;
}

static int retry(struct bus *bus, int64_t now_us, int count, char **texts)
{
    uint64_t *sequences = calloc((size_t)count + 1, sizeof *sequences);
    if (sequences == NULL)
        return EX_OSERR;
    for (int i = 0; i < count; i++) {
        if (!text_number(slice_of(texts[i]), UINT64_MAX, &sequences[i])) {
            fprintf(stderr, "ecs dead retry: %s is no sequence of a dead letter\n", texts[i]);
            free(sequences);
            return EX_USAGE;
        }
    }
    struct retry work = {.oldest_us = now_us - BUS_DEAD_LETTER_AGE_US,
                         .sequences = sequences,
                         .wanted = (size_t)count};
    enum status status = letters_visit(bus, letter_retry, &work);
    if (report_is_json()) {
        struct buf report;
        report_begin(&report);
        json_put_integer(&report, "put_back", (int64_t)work.done);
        report_end(&report);
    } else {
        printf("%zu put back\n", work.done);
    }
    free(sequences);
    if (status != STATUS_OK) {
        fprintf(stderr, "ecs dead: the bus fails: %s; what was not put back is still there\n",
                status_title(status));
        return EX_UNAVAILABLE;
    }
    if (work.done < work.wanted) {
        fprintf(stderr, "ecs dead retry: %zu of those named were not put back\n",
                work.wanted - work.done);
        return EX_DATAERR;
    }
    return EX_OK;
}

static int letters_do(int argc, char **argv, struct toolbox *toolbox)
{
    struct bus *bus = toolbox->engines.bus;
    if (argc == 2 && strcmp(argv[1], "list") == 0)
        return list(bus);
    if (argc >= 2 && strcmp(argv[1], "retry") == 0)
        return retry(bus, clock_now_us(toolbox->engines.clock), argc - 2, argv + 2);
    return command_misused(argv[0]);
}

int command_dead(int argc, char **argv)
{
    bool lists = argc > 1 && strcmp(argv[1], "list") == 0;
    return toolbox_with(&(struct needs){.uses = USES_BUS, .reads = lists}, argc, argv, letters_do);
}

/* ecs rewind ------------------------------------------------------------------------------- */

/* Those that a role consumes. */
static bool stream_parse(const char *name, enum stream *stream)
{
    static const enum stream consumed[] = {STREAM_EMOTIONS, STREAM_TRANSACTIONS, STREAM_CREDITS};
    for (size_t i = 0; i < sizeof consumed / sizeof consumed[0]; i++) {
        *stream = consumed[i];
        if (strcmp(name, stream_name(*stream)) == 0)
            return true;
    }
    return false;
}

_Static_assert(BUS_REWIND_US_MAX == 13 * DAY_US, "its help says so");

static int rewind_stream(int argc, char **argv, struct toolbox *toolbox)
{
    const char *name = NULL, *since = NULL;
    enum stream stream;
    int64_t since_us;
    const struct command_option known[] = {
        {"--since", .text = &since, .time_us = &since_us},
        {0},
    };
    if (!options_read(argc, argv, known, &name))
        return EX_USAGE;
    if (name == NULL || since == NULL)
        return command_misused(argv[0]);
    if (!stream_parse(name, &stream)) {
        fprintf(stderr, "ecs rewind: %s is no stream that is consumed; see --help\n", name);
        return EX_USAGE;
    }
    if (since_us < clock_now_us(toolbox->engines.clock) - BUS_REWIND_US_MAX) {
        fprintf(stderr,
                "ecs rewind: --since %s is more than %lld days ago: what was counted then could "
                "count again, for an event's key is kept for %lld days\n",
                since, BUS_REWIND_US_MAX / DAY_US, EVENT_KEY_LIFE_US / DAY_US);
        return EX_USAGE;
    }
    enum status status = bus_rewind(toolbox->engines.bus, stream, since_us);
    if (status != STATUS_OK) {
        fprintf(stderr, "ecs rewind: the bus cannot be rewound: %s\n", status_title(status));
        return EX_UNAVAILABLE;
    }
    if (report_is_json()) {
        struct buf report;
        report_begin(&report);
        json_put_text(&report, "stream", name);
        json_put_time(&report, "since", since_us);
        report_end(&report);
    } else {
        printf("%s is consumed again since %s\n", name, since);
    }
    return EX_OK;
}

int command_rewind(int argc, char **argv)
{
    return toolbox_with(&(struct needs){.uses = USES_BUS}, argc, argv, rewind_stream);
}
