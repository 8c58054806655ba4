/* SPDX-License-Identifier: Apache-2.0
 *
 * A connection's bytes, through libmicrohttpd, to the judgement of its head. What we take for a
 * clear head a strict reader of the same bytes reads in the same way: nothing is smuggled.
 */
#include "fuzz.h"

#include <ctype.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/head.h"

enum { TURNS_MAX = 1000 };

/* What came. */
static char bytes[64 * 1024];
static size_t byte_count;
static struct target target;
static bool over;

/* The strict reader: takes what stands before `end` off the text; false if `end` is not there. */
static bool word_take(struct slice *text, const char *end, struct slice *word)
{
    const char *found = memmem(text->data, text->size, end, strlen(end));
    if (found == NULL)
        return false;
    *word = (struct slice){text->data, (size_t)(found - text->data)};
    size_t passed = word->size + strlen(end);
    *text = (struct slice){text->data + passed, text->size - passed};
    return true;
}

static struct slice blanks_cut(struct slice text)
{
    while (text.size > 0 && (*text.data == ' ' || *text.data == '\t'))
        text = (struct slice){text.data + 1, text.size - 1};
    while (text.size > 0 && strchr(" \t", text.data[text.size - 1]) != NULL &&
           text.data[text.size - 1] != '\0')
        text.size--;
    return text;
}

static bool same(struct slice a, struct slice b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

static void plain_check(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        FUZZ_CHECK((unsigned char)text.data[i] >= ' ' || text.data[i] == '\t');
}

/* One header after the other, as the strict reader has them. */
static enum MHD_Result header_check(void *rest, enum MHD_ValueKind kind, const char *key,
                                    size_t key_size, const char *value, size_t value_size)
{
    struct slice line, name;
    (void)kind;
    FUZZ_CHECK(word_take(rest, "\r\n", &line) && line.size > 0);
    FUZZ_CHECK(word_take(&line, ":", &name));
    FUZZ_CHECK(same(name, (struct slice){key, key_size}));
    FUZZ_CHECK(memchr(name.data, ' ', name.size) == NULL);
    FUZZ_CHECK(same(blanks_cut(line), blanks_cut((struct slice){value, value_size})));
    plain_check(line);
    return MHD_YES;
}

/* A zero byte, and a line that begins with a colon: libmicrohttpd takes these for the end of a line
 * or of a head, and its memory is then what it is after a well-formed one, so that no look at it
 * can tell. nginx, which asks us, refuses both. */
static bool leaves_no_trace(void)
{
    return memchr(bytes, '\0', byte_count) != NULL || memmem(bytes, byte_count, "\n:", 2) != NULL;
}

static void clear_head_check(const struct head *head)
{
    struct slice rest = {bytes, byte_count}, line, word;
    if (leaves_no_trace())
        return;
    while (rest.size > 0 && (*rest.data == '\r' || *rest.data == '\n')) /* allowed before it */
        rest = (struct slice){rest.data + 1, rest.size - 1};
    FUZZ_CHECK(word_take(&rest, "\r\n", &line));
    plain_check(line);
    FUZZ_CHECK(word_take(&line, " ", &word) && same(word, slice_of(head->method)));
    FUZZ_CHECK(word_take(&line, " ", &word) && same(word, head->target->whole));
    FUZZ_CHECK(same(line, slice_of(head->version)));
    const char *mark = memchr(word.data, '?', word.size);
    FUZZ_CHECK(target_query(head->target).size ==
               (mark == NULL ? 0 : (size_t)(word.data + word.size - mark - 1)));
    MHD_get_connection_values_n(head->connection, MHD_HEADER_KIND, header_check, &rest);
    FUZZ_CHECK(word_take(&rest, "\r\n", &line) && line.size == 0);
}

static void *on_target(void *context, const char *uri, struct MHD_Connection *connection)
{
    (void)context, (void)connection;
    target_note(&target, uri);
    return NULL;
}

/* The head is there; more than that is not asked for. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *body,
                                  size_t *size, void **slot)
{
    (void)context, (void)url, (void)body, (void)size, (void)slot;
    struct head head = {connection, &target, method, version};
    struct headers headers;
    struct address_list everybody = {.count = 0};
    target_restore(&target);
    headers_read(connection, &headers);
    (void)headers_client(&everybody, in6addr_loopback, headers.values[HEADER_FORWARDED_FOR]);
    if (head_fault(&head, &headers) == NULL) {
        FUZZ_CHECK(headers.times[HEADER_HOST] <= 1);
        FUZZ_CHECK(headers.times[HEADER_CONTENT_LENGTH] + headers.times[HEADER_TRANSFER_ENCODING] <=
                   1);
        clear_head_check(&head);
    }
    return MHD_NO;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **slot,
                          enum MHD_ConnectionNotificationCode code)
{
    (void)context, (void)connection, (void)slot;
    over = code == MHD_CONNECTION_NOTIFY_CLOSED;
}

static size_t keep_encoded(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context, (void)connection;
    return strlen(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct MHD_Daemon *daemon;
    static const struct sockaddr_un nobody = {.sun_family = AF_UNIX};
    int ends[2];
    if (daemon == NULL)
        daemon = MHD_start_daemon(MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request, NULL,
                                  MHD_OPTION_NOTIFY_CONNECTION, on_connection, NULL,
                                  MHD_OPTION_URI_LOG_CALLBACK, on_target, NULL,
                                  MHD_OPTION_UNESCAPE_CALLBACK, keep_encoded, NULL,
                                  MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_END);
    FUZZ_CHECK(daemon != NULL);
    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    byte_count = size < sizeof bytes ? size : sizeof bytes;
    if (size > 0)
        memcpy(bytes, data, byte_count);
    over = false;
    if (send(ends[1], data, size, MSG_NOSIGNAL) == (ssize_t)size) {
        shutdown(ends[1], SHUT_WR);
        FUZZ_CHECK(MHD_add_connection(daemon, ends[0], (const struct sockaddr *)&nobody,
                                      sizeof nobody) == MHD_YES);
        for (int turn = 0; turn < TURNS_MAX && !over; turn++)
            MHD_run(daemon);
        FUZZ_CHECK(over);
    } else {
        close(ends[0]);
    }
    close(ends[1]);
    return 0;
}
