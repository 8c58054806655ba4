/* SPDX-License-Identifier: Apache-2.0
 *
 * libmicrohttpd ends each word of the head with a zero, written over the space, colon or line break
 * behind it: "GET\0/path\0HTTP/1.1\0\0Host\0 a\0\0…".
 */
#include "http/framing.h"

#include <ctype.h>

enum { BREAK_SIZE = 2 /* carriage return and line feed */ };

void target_note(struct target *target, const char *uri)
{
    size_t path_size = strcspn(uri, "?");
    *target = (struct target){.whole = slice_of(uri), .path_size = path_size};
    if (path_size == target->whole.size)
        return;
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

bool head_is_clear(const struct head *head)
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
