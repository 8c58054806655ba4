/* SPDX-License-Identifier: Apache-2.0
 *
 * libmicrohttpd ends each word of the head with a zero, written over the space, colon or line break
 * behind it: "GET\0/path\0HTTP/1.1\0\0Host\0 a\0\0…".
 */
#include "http/head.h"

#include <assert.h>
#include <ctype.h>
#include <strings.h>

enum { BREAK_SIZE = 2 /* carriage return and line feed */ };

void target_note(struct target *target, const char *uri)
{
    size_t path_size = strcspn(uri, "?");
    *target = (struct target){.whole = slice_of(uri), .path_size = path_size};
    if (path_size == target->whole.size)
        return;
    assert(uri[path_size] == '?');
    /* The connection's own memory, which libmicrohttpd writes to as well. */
    char *query = (char *)uri + path_size + 1;
    target->query_first = *query;
    *query = '\0';
}

void target_restore(struct target *target)
{
    if (target->path_size == target->whole.size)
        return;
    ((char *)target->whole.data)[target->path_size] = '?';
    ((char *)target->whole.data)[target->path_size + 1] = target->query_first;
}

struct slice target_query(const struct target *target)
{
    if (target->path_size == target->whole.size)
        return (struct slice){0};
    return (struct slice){target->whole.data + target->path_size + 1,
                          target->whole.size - target->path_size - 1};
}

/* As of RFC 9110, 5.6.2. */
static bool is_token(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)text[i]) &&
            (text[i] == '\0' || strchr("!#$%&'*+-.^_`|~", text[i]) == NULL))
            return false;
    return size > 0;
}

/* No control characters; with `spaces` also neither space nor tab. */
static bool is_printable(const char *text, size_t size, bool spaces)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte == ' ' || byte == '\t' ? !spaces : byte < ' ' || byte == 0x7F)
            return false;
    }
    return true;
}

struct framing_walk {
    const char *next; /* where the next header must begin */
    bool clear;
};

static enum MHD_Result walk_header(void *argument, enum MHD_ValueKind kind, const char *key,
                                   size_t key_size, const char *value, size_t value_size)
{
    (void)kind;
    struct framing_walk *walk = argument;
    const char *at = walk->next + key_size + 1;
    walk->clear = walk->clear && key == walk->next && is_token(key, key_size) &&
                  is_printable(value, value_size, true);
    if (!walk->clear)
        return MHD_NO;
    while (*at == ' ' || *at == '\t')
        at++;
    walk->clear = value == at;
    walk->next = value + value_size + BREAK_SIZE;
    return MHD_YES;
}

static bool is_clear(const struct head *head)
{
    const struct slice *target = &head->target->whole;
    size_t method_size = strlen(head->method);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(head->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (info == NULL || !is_token(head->method, method_size) ||
        target->data != head->method + method_size + 1 || target->size == 0 ||
        !is_printable(target->data, target->size, false) ||
        head->version != target->data + target->size + 1)
        return false;
    struct framing_walk walk = {head->version + strlen(head->version) + BREAK_SIZE, true};
    MHD_get_connection_values_n(head->connection, MHD_HEADER_KIND, walk_header, &walk);
    return walk.clear && walk.next + BREAK_SIZE == head->method + info->header_size;
}

static const char *const header_names[HEADER_COUNT] = {
    [HEADER_AUTHORIZATION] = "Authorization",
    [HEADER_CONTENT_ENCODING] = "Content-Encoding",
    [HEADER_CONTENT_LENGTH] = "Content-Length",
    [HEADER_CONTENT_TYPE] = "Content-Type",
    [HEADER_IDEMPOTENCY_KEY] = "Idempotency-Key",
    [HEADER_HOST] = "Host",
    [HEADER_LAST_EVENT_ID] = "Last-Event-ID",
    [HEADER_TRACEPARENT] = "traceparent",
    [HEADER_TRANSFER_ENCODING] = "Transfer-Encoding",
    [HEADER_FORWARDED_FOR] = "X-Forwarded-For",
    [HEADER_INTERNAL_KEY] = "X-Internal-Key",
    [HEADER_REQUEST_ID] = "X-Request-ID",
};

static enum MHD_Result header_note(void *argument, enum MHD_ValueKind kind, const char *key,
                                   size_t key_size, const char *value, size_t value_size)
{
    (void)kind;
    struct headers *headers = argument;
    for (int i = 0; i < HEADER_COUNT; i++) {
        if (key_size == strlen(header_names[i]) &&
            strncasecmp(key, header_names[i], key_size) == 0) {
            headers->values[i] = (struct slice){value, value_size};
            headers->times[i]++;
            break;
        }
    }
    return MHD_YES;
}

void headers_read(struct MHD_Connection *connection, struct headers *headers)
{
    *headers = (struct headers){0};
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, header_note, headers);
}

const char *head_fault(const struct head *head, const struct headers *headers)
{
    bool old = strcmp(head->version, MHD_HTTP_VERSION_1_0) == 0;
    unsigned lengths = headers->times[HEADER_CONTENT_LENGTH];
    unsigned codings = headers->times[HEADER_TRANSFER_ENCODING];
    if (!is_clear(head))
        return "Malformed request.";
    if (headers->times[HEADER_HOST] > 1 || (headers->times[HEADER_HOST] == 0 && !old))
        return "Exactly one Host is needed.";
    if (lengths + codings > 1 ||
        (codings > 0 &&
         (old || !slice_equals(headers->values[HEADER_TRANSFER_ENCODING], "chunked"))))
        return "Ambiguous body length.";
    return NULL;
}

/* Takes the entry behind the last comma off the end. */
static struct slice last_entry(struct slice *entries)
{
    size_t start = entries->size;
    while (start > 0 && entries->data[start - 1] != ',')
        start--;
    struct slice entry = {entries->data + start, entries->size - start};
    entries->size = start > 0 ? start - 1 : 0;
    return slice_trim(entry);
}

/* Some proxies add the port: "192.0.2.1:80", "[2001:db8::1]:80". Takes it and the brackets off. */
static struct slice without_port(struct slice entry)
{
    const char *colon = entry.size == 0 ? NULL : memchr(entry.data, ':', entry.size);
    const char *end = entry.size == 0 ? NULL : memchr(entry.data, ']', entry.size);
    if (end != NULL && entry.data[0] == '[')
        return (struct slice){entry.data + 1, (size_t)(end - entry.data - 1)};
    bool alone = colon != NULL &&
                 memchr(colon + 1, ':', (size_t)(entry.data + entry.size - colon - 1)) == NULL;
    return alone ? (struct slice){entry.data, (size_t)(colon - entry.data)} : entry;
}

struct in6_addr headers_client(const struct address_list *proxies, struct in6_addr peer,
                               struct slice forwarded_for)
{
    struct in6_addr client = peer, entry;
    for (int hops = 0; hops < PROXY_HOPS_MAX && forwarded_for.size > 0; hops++) {
        if (!address_list_holds(proxies, &client) ||
            address_parse(without_port(last_entry(&forwarded_for)), &entry) != STATUS_OK)
            break;
        client = entry;
    }
    return client;
}
