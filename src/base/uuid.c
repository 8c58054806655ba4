/* SPDX-License-Identifier: Apache-2.0 */
#include "base/uuid.h"

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

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

static bool hyphen_at(size_t position)
{
    return position == 8 || position == 13 || position == 18 || position == 23;
}

enum status uuid_parse(const char *text, size_t size, struct uuid *uuid)
{
    if (size != UUID_TEXT_SIZE - 1)
        return STATUS_INVALID;
    size_t byte = 0;
    for (size_t i = 0; i < size;) {
        if (hyphen_at(i)) {
            if (text[i++] != '-')
                return STATUS_INVALID;
            continue;
        }
        int high = hex_value(text[i]), low = hex_value(text[i + 1]);
        if (high < 0 || low < 0)
            return STATUS_INVALID;
        uuid->bytes[byte++] = (uint8_t)(high << 4 | low);
        i += 2;
    }
    return STATUS_OK;
}

void uuid_format(const struct uuid *uuid, char text[UUID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;
    for (size_t i = 0; i < sizeof uuid->bytes; i++) {
        if (hyphen_at(at))
            text[at++] = '-';
        text[at++] = digits[uuid->bytes[i] >> 4];
        text[at++] = digits[uuid->bytes[i] & 0x0F];
    }
    text[at] = '\0';
}
