/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <stdint.h>

size_t utf8_length(const char *text, size_t size)
{
    if (size == 0)
        return 0;
    const unsigned char *byte = (const unsigned char *)text;
    if (byte[0] < 0x80)
        return 1;
    size_t length = byte[0] >= 0xF0 ? 4 : byte[0] >= 0xE0 ? 3 : byte[0] >= 0xC0 ? 2 : 0;
    if (length == 0 || length > size || byte[0] > 0xF4)
        return 0;
    uint32_t character = byte[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((byte[i] & 0xC0) != 0x80)
            return 0;
        character = character << 6 | (byte[i] & 0x3F);
    }
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (character < smallest[length] || character > 0x10FFFF ||
        (character >= 0xD800 && character <= 0xDFFF))
        return 0;
    return length;
}

bool utf8_valid(const char *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t length = utf8_length(text + i, size - i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}
