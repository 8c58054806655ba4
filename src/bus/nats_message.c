/* SPDX-License-Identifier: Apache-2.0
 *
 * bus_message ↔ natsMsg. All headers are optional: plain producers send none.
 *
 * nats-server 2.9 finds a message id by the first occurrence of the header's name anywhere in the
 * block, and libnats orders headers as it likes. So no other value may contain that name, or
 * anybody who chooses a request id could switch the search for duplicates off.
 */
#include <sodium.h>
#include <stdlib.h>

#include "base/text.h"
#include "bus/nats_internal.h"

enum { VALUE_MAX = 511 };

static const char id_header[] = "Nats-Msg-Id";
static const char request_header[] = "X-Request-ID";
static const char trace_header[] = "traceparent";
static const char producer_header[] = "Ecs-Producer";
static const char reason_header[] = "Ecs-Reason";
/* Another stream that takes in the same subject does not confirm in our stream's place. */
static const char stream_header[] = "Nats-Expected-Stream";
static const char origin_header[] = "Ecs-Message-Id"; /* dead letters: the id it came with */

static bool is_control(char byte)
{
    return (unsigned char)byte < ' ' || byte == 0x7f;
}

/* Sets a header; one that is empty is left out, one that is too long is cut. */
static natsStatus set(natsMsg *message, const char *name, struct slice value)
{
    char text[VALUE_MAX + 1];
    size_t size = value.size < VALUE_MAX ? value.size : VALUE_MAX;
    if (size == 0)
        return NATS_OK;
    memcpy(text, value.data, size);
    text[size] = '\0';
    return natsMsgHeader_Set(message, name, text);
}

/* Sets a header whose value may be changed to make it harmless. */
static natsStatus put(natsMsg *message, const char *name, struct slice value)
{
    char text[VALUE_MAX + 1];
    size_t size = value.size < VALUE_MAX ? value.size : VALUE_MAX;
    for (size_t i = 0; i < size; i++)
        text[i] = is_control(value.data[i]) ? ' ' : value.data[i];
    text[size] = '\0';
    for (char *found = text; (found = strstr(found, id_header)) != NULL;)
        *found = '?';
    return set(message, name, (struct slice){text, size});
}

/* An id is sent as it is or not at all: changed, it could equal another. */
static natsStatus put_id(natsMsg *message, struct slice id)
{
    bool sendable = id.size <= VALUE_MAX;
    for (size_t i = 0; i < id.size && sendable; i++)
        sendable = !is_control(id.data[i]);
    return sendable ? set(message, id_header, id) : NATS_OK;
}

natsMsg *bus_nats_message_write(const struct bus_message *message, struct slice once,
                                const char *reply)
{
    char subject[NATS_SUBJECT_MAX + 1];
    struct slice to = message->subject;
    if (to.size == 0)
        to = slice_of(stream_subject(message->stream));
    if (to.size > NATS_SUBJECT_MAX)
        return NULL;
    memcpy(subject, to.data, to.size);
    subject[to.size] = '\0';
    natsMsg *out = NULL;
    if (natsMsg_Create(&out, subject, reply, message->payload.data, (int)message->payload.size) !=
        NATS_OK)
        return NULL;
    bool dead = message->stream == STREAM_DEAD_LETTERS;
    if (set(out, stream_header, slice_of(stream_name(message->stream))) == NATS_OK &&
        put_id(out, once) == NATS_OK && put(out, request_header, message->request_id) == NATS_OK &&
        put(out, trace_header, message->traceparent) == NATS_OK &&
        set(out, producer_header, message->producer) == NATS_OK &&
        put(out, reason_header, message->reason) == NATS_OK &&
        (!dead || put(out, origin_header, message->message_id) == NATS_OK))
        return out;
    natsMsg_Destroy(out);
    return NULL;
}

static struct slice get(natsMsg *message, const char *name)
{
    const char *value = NULL;
    if (natsMsgHeader_Get(message, name, &value) != NATS_OK)
        return (struct slice){0};
    return slice_of(value);
}

/* Where a message stands, from its reply subject:
 *   $JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.<consumer sequence>.<time ns>.<pending>
 *   $JS.ACK.<domain>.<account>.<the same>.<random>          with a domain */
static void read_position(const char *reply, struct bus_message *message)
{
    enum { TOKENS_MAX = 12, SHORT = 9, DOMAIN = 2, DELIVERIES = 4, SEQUENCE = 5, TIME = 7 };
    const char *tokens[TOKENS_MAX];
    int count = 0;
    for (const char *token = reply; token != NULL && count < TOKENS_MAX; count++) {
        tokens[count] = token;
        token = strchr(token, '.');
        if (token != NULL)
            token++;
    }
    int shift = count > SHORT ? DOMAIN : 0;
    if (count < SHORT + shift)
        return;
    long deliveries = strtol(tokens[DELIVERIES + shift], NULL, 10);
    message->deliveries = deliveries < 1 ? 1 : deliveries < INT32_MAX ? (int)deliveries : INT32_MAX;
    message->sequence = strtoull(tokens[SEQUENCE + shift], NULL, 10);
    message->published_us = strtoll(tokens[TIME + shift], NULL, 10) / 1000;
}

void bus_nats_message_read(natsMsg *from, enum stream stream, struct bus_message *message)
{
    *message = (struct bus_message){
        .stream = stream,
        .subject = slice_of(natsMsg_GetSubject(from)),
        .payload = {natsMsg_GetData(from), (size_t)natsMsg_GetDataLength(from)},
        .message_id = get(from, id_header),
        .deliveries = 1,
    };
    message->request_id = get(from, request_header);
    message->traceparent = get(from, trace_header);
    message->producer = text_producer_or_none(get(from, producer_header));
    if (stream == STREAM_DEAD_LETTERS) {
        message->message_id = get(from, origin_header);
        message->reason = get(from, reason_header);
    }
    if (natsMsg_GetReply(from) != NULL)
        read_position(natsMsg_GetReply(from), message);
}

/* A header's value in a raw block, "NATS/1.0\r\nname: value\r\n…\r\n"; empty if it is not there. */
static struct slice find(struct slice block, const char *name)
{
    size_t name_size = strlen(name);
    const char *end = block.data + block.size;
    for (const char *line = block.data, *stop; line < end; line = stop + 2) {
        stop = memmem(line, (size_t)(end - line), "\r\n", 2);
        if (stop == NULL)
            break;
        if ((size_t)(stop - line) <= name_size || memcmp(line, name, name_size) != 0 ||
            line[name_size] != ':')
            continue;
        const char *value = line + name_size + 1;
        while (value < stop && *value == ' ')
            value++;
        return (struct slice){value, (size_t)(stop - value)};
    }
    return (struct slice){0};
}

/* NULL: memory is out or there is no subject. */
static natsMsg *stored_copy(const char *subject, struct slice headers, struct slice payload)
{
    static const char *const names[] = {id_header,       request_header, trace_header,
                                        producer_header, reason_header,  origin_header};
    natsMsg *copy = NULL;
    if (subject == NULL ||
        natsMsg_Create(&copy, subject, NULL, payload.data, (int)payload.size) != NATS_OK)
        return NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (set(copy, names[i], find(headers, names[i])) != NATS_OK) {
            natsMsg_Destroy(copy);
            return NULL;
        }
    return copy;
}

/* Bytes from base64; the caller frees them. */
static enum status decode(const json_t *object, const char *name, char **bytes, size_t *size)
{
    const json_t *text = json_object_get(object, name);
    size_t length = text == NULL ? 0 : json_string_length(text);
    *size = 0;
    *bytes = malloc(length + 1);
    if (*bytes == NULL)
        return STATUS_INTERNAL;
    if (length > 0 &&
        sodium_base642bin((unsigned char *)*bytes, length + 1, json_string_value(text), length,
                          NULL, size, NULL, sodium_base64_VARIANT_ORIGINAL) != 0) {
        free(*bytes);
        *bytes = NULL;
        return STATUS_UNAVAILABLE;
    }
    return STATUS_OK;
}

/* Headers as they came with the message → natsMsg, so that reading it is the same as fetching. */
enum status bus_nats_message_decode(const json_t *stored, enum stream stream,
                                    struct bus_message *message)
{
    char *headers = NULL, *payload = NULL;
    size_t headers_size, payload_size;
    natsMsg *copy = NULL;
    enum status status = decode(stored, "hdrs", &headers, &headers_size);
    if (status == STATUS_OK)
        status = decode(stored, "data", &payload, &payload_size);
    if (status == STATUS_OK)
        copy = stored_copy(json_string_value(json_object_get(stored, "subject")),
                           (struct slice){headers, headers_size},
                           (struct slice){payload, payload_size});
    if (copy != NULL) {
        bus_nats_message_read(copy, stream, message);
        message->handle = copy;
    } else if (status == STATUS_OK) {
        status = STATUS_INTERNAL;
    }
    free(payload);
    free(headers);
    return status;
}
