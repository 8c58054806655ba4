/* SPDX-License-Identifier: Apache-2.0 */
#include "base/uuid.h"

#include <sodium.h>

struct uuid uuid_v7(int64_t now_us, const uint8_t random[10])
{
    struct uuid uuid;
    uint64_t milliseconds = (uint64_t)now_us / 1000;
    for (int i = 0; i < 6; i++)
        uuid.bytes[i] = (uint8_t)(milliseconds >> (40 - 8 * i));
    memcpy(uuid.bytes + 6, random, 10);
    uuid.bytes[6] = (uint8_t)(0x70 | (uuid.bytes[6] & 0x0F));
    uuid.bytes[8] = (uint8_t)(0x80 | (uuid.bytes[8] & 0x3F));
    return uuid;
}

/* The digits of 16 bytes leave room for four hyphens, which stand in their places. */
enum status uuid_parse(const char *text, size_t size, struct uuid *uuid)
{
    size_t length;
    bool good =
        size == UUID_TEXT_SIZE - 1 && text[8] == '-' && text[13] == '-' && text[18] == '-' &&
        text[23] == '-' &&
        sodium_hex2bin(uuid->bytes, sizeof uuid->bytes, text, size, "-", &length, NULL) == 0;
    return good && length == sizeof uuid->bytes ? STATUS_OK : STATUS_INVALID;
}

void uuid_format(const struct uuid *uuid, char text[UUID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;
    for (size_t i = 0; i < sizeof uuid->bytes; i++) {
        if (at == 8 || at == 13 || at == 18 || at == 23)
            text[at++] = '-';
        text[at++] = digits[uuid->bytes[i] >> 4];
        text[at++] = digits[uuid->bytes[i] & 0x0F];
    }
    text[at] = '\0';
}
