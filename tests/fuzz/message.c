/* SPDX-License-Identifier: Apache-2.0
 *
 * A message's headers from bytes: the first line is the reply subject, which tells where it stands;
 * the rest is a block of headers as NATS stores it. What is read keeps its limits, and written
 * again nothing of it can be taken for a message id (see bus/nats_message.c).
 */
#include "fuzz.h"

#include <sodium.h>
#include <string.h>

#include "bus/nats_internal.h"

static void header_check(natsMsg *message, const char *name)
{
    const char *value = NULL;
    if (natsMsgHeader_Get(message, name, &value) != NATS_OK)
        return;
    FUZZ_CHECK(strstr(value, "Nats-Msg-Id") == NULL);
    for (const char *at = value; *at != '\0'; at++)
        FUZZ_CHECK((unsigned char)*at >= ' ' && *at != 0x7F);
}

static void written_check(const struct bus_message *message, struct slice once)
{
    const char *id = NULL;
    natsMsg *written = bus_nats_message_write(message, once, "_INBOX.1");
    FUZZ_CHECK(written != NULL);
    header_check(written, "X-Request-ID");
    header_check(written, "traceparent");
    header_check(written, "Ecs-Reason");
    header_check(written, "Ecs-Producer");
    if (natsMsgHeader_Get(written, "Nats-Msg-Id", &id) == NATS_OK)
        FUZZ_CHECK(strlen(id) == once.size && memcmp(id, once.data, once.size) == 0);
    natsMsg_Destroy(written);
}

static void position_check(struct slice reply)
{
    char subject[NATS_SUBJECT_MAX + 1];
    natsMsg *message = NULL;
    struct bus_message read;
    slice_text(reply, subject, sizeof subject);
    if (natsMsg_Create(&message, "ecs.emotions", subject, "{}", 2) != NATS_OK)
        return;
    bus_nats_message_read(message, STREAM_EMOTIONS, &read);
    FUZZ_CHECK(read.deliveries >= 1 && read.payload.size == 2);
    natsMsg_Destroy(message);
}

/* As JetStream's JSON has it. */
static json_t *stored_make(struct slice headers)
{
    size_t room = sodium_base64_encoded_len(headers.size, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room);
    FUZZ_CHECK(text != NULL);
    sodium_bin2base64(text, room, (const unsigned char *)headers.data, headers.size,
                      sodium_base64_VARIANT_ORIGINAL);
    json_t *stored =
        json_pack("{s:s, s:s, s:s}", "subject", "ecs.emotions", "hdrs", text, "data", "e30=");
    free(text);
    FUZZ_CHECK(stored != NULL);
    return stored;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice block = {(const char *)data, size};
    const char *line = size == 0 ? NULL : memchr(data, '\n', size);
    static bool opened; /* libnats keeps what is destroyed for its own collector */
    if (!opened)
        FUZZ_CHECK(nats_Open(-1) == NATS_OK);
    opened = true;
    if (line == NULL)
        return 0;
    position_check((struct slice){block.data, (size_t)(line - block.data)});
    block = (struct slice){line + 1, size - (size_t)(line + 1 - block.data)};
    json_t *stored = stored_make(block);
    for (int dead = 0; dead <= 1; dead++) {
        struct bus_message read;
        if (bus_nats_message_decode(stored, dead ? STREAM_DEAD_LETTERS : STREAM_EMOTIONS, &read) !=
            STATUS_OK)
            continue;
        FUZZ_CHECK(slice_equals(read.payload, "{}"));
        written_check(&read, read.message_id);
        natsMsg_Destroy(read.handle);
    }
    json_decref(stored);
    return 0;
}
