/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "limits.h"

size_t text_utf8_length(const char *text, size_t size)
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

bool text_is_utf8(const char *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t length = text_utf8_length(text + i, size - i);
        if (length == 0)
            return false;
        assert(length <= size - i);
        i += length;
    }
    return true;
}

enum { WORD_MAX = 63 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Row i holds how many changes lead from the first i bytes of `word` to each beginning of `known`;
 * the two rows above are enough to fill the next. */
static int changes(const char *word, int word_size, const char *known, int known_size)
{
    int rows[3][WORD_MAX + 1];
    assert(word_size <= WORD_MAX && known_size <= WORD_MAX);
    for (int k = 0; k <= known_size; k++)
        rows[0][k] = k;
    for (int i = 1; i <= word_size; i++) {
        int *row = rows[i % 3], *above = rows[(i - 1) % 3], *second = rows[(i + 1) % 3];
        row[0] = i;
        for (int k = 1; k <= known_size; k++) {
            int replaced = above[k - 1] + (word[i - 1] != known[k - 1]);
            row[k] = least(replaced, 1 + least(above[k], row[k - 1]));
            if (i > 1 && k > 1 && word[i - 1] == known[k - 2] && word[i - 2] == known[k - 1])
                row[k] = least(row[k], 1 + second[k - 2]);
        }
    }
    return rows[word_size % 3][known_size];
}

bool text_is_like(const char *word, const char *known)
{
    size_t word_size = strlen(word), known_size = strlen(known);
    if (word_size > WORD_MAX || known_size > WORD_MAX)
        return false;
    int allowed = word_size < 6 ? 1 : (int)word_size / 3;
    return changes(word, (int)word_size, known, (int)known_size) <= allowed;
}

static bool is_letter(char byte)
{
    return byte >= 'a' && byte <= 'z';
}

bool text_is_producer(struct slice text)
{
    if (text.size == 0 || text.size > PRODUCER_MAX || !is_letter(text.data[0]))
        return false;
    for (size_t i = 1; i < text.size; i++) {
        char byte = text.data[i];
        if (!is_letter(byte) && !(byte >= '0' && byte <= '9') && byte != '-')
            return false;
    }
    return true;
}

struct slice text_producer_or_none(struct slice text)
{
    return text_is_producer(text) ? text : (struct slice){0};
}

bool text_number(struct slice text, uint64_t max, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint64_t digit = (uint64_t)(text.data[i] - '0');
        if (digit > 9 || digit > max || *number > (max - digit) / 10)
            return false;
        *number = *number * 10 + digit;
    }
    return text.size > 0;
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool text_percent_decode(struct slice text, char *out, size_t size_max, size_t *size)
{
    size_t written = 0;
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        if (byte == '%') {
            int high = i + 2 < text.size ? hex_value(text.data[i + 1]) : -1;
            int low = i + 2 < text.size ? hex_value(text.data[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0))
                return false;
            byte = (char)(high << 4 | low);
            i += 2;
        }
        if (written == size_max)
            return false;
        out[written++] = byte;
    }
    *size = written;
    return true;
}
