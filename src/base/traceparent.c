/* SPDX-License-Identifier: Apache-2.0 */
#include "base/traceparent.h"

enum { SAMPLED = 1 };

/* All zeros stand for nothing where an id is expected. */
static bool hex_valid(const char *text, size_t size, bool may_be_zero)
{
    bool zero = true;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
        zero = zero && c == '0';
    }
    return may_be_zero || !zero;
}

bool traceparent_valid(struct slice text)
{
    if (text.size != TRACEPARENT_LENGTH || memcmp(text.data, "ff", 2) == 0)
        return false;
    const char *at = text.data;
    return at[TRACEPARENT_TRACE_AT - 1] == '-' && at[TRACEPARENT_SPAN_AT - 1] == '-' &&
           at[TRACEPARENT_FLAGS_AT - 1] == '-' && hex_valid(at, 2, true) &&
           hex_valid(at + TRACEPARENT_TRACE_AT, 2 * TRACE_BYTES, false) &&
           hex_valid(at + TRACEPARENT_SPAN_AT, 2 * SPAN_BYTES, false) &&
           hex_valid(at + TRACEPARENT_FLAGS_AT, 2, true);
}

bool traceparent_sampled(const char *text)
{
    char low = text[TRACEPARENT_FLAGS_AT + 1];
    return ((low <= '9' ? low - '0' : low - 'a' + 10) & SAMPLED) != 0;
}

static void put_hex(char *out, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 0x0F];
    }
}

static void put_frame(char out[TRACEPARENT_LENGTH + 1], bool sampled)
{
    memcpy(out, "00-00000000000000000000000000000000-0000000000000000-00", TRACEPARENT_LENGTH + 1);
    out[TRACEPARENT_FLAGS_AT + 1] = sampled ? '1' : '0';
}

void traceparent_child(char out[TRACEPARENT_LENGTH + 1], const char *parent,
                       const uint8_t random[SPAN_BYTES])
{
    put_frame(out, traceparent_sampled(parent));
    memcpy(out + TRACEPARENT_TRACE_AT, parent + TRACEPARENT_TRACE_AT, 2 * TRACE_BYTES);
    put_hex(out + TRACEPARENT_SPAN_AT, random, SPAN_BYTES);
}

void traceparent_new(char out[TRACEPARENT_LENGTH + 1],
                     const uint8_t random[TRACE_BYTES + SPAN_BYTES])
{
    put_frame(out, true);
    put_hex(out + TRACEPARENT_TRACE_AT, random, TRACE_BYTES);
    put_hex(out + TRACEPARENT_SPAN_AT, random + TRACE_BYTES, SPAN_BYTES);
}
