/* SPDX-License-Identifier: Apache-2.0 */
#include "http/trace.h"

#include <ctype.h>

/* Bytes of the parts of a traceparent: version-trace-parent-flags. */
enum { TRACE_ID_AT = 3, PARENT_ID_AT = 36, FLAGS_AT = 53, TRACE_BYTES = 16, PARENT_BYTES = 8 };

bool request_id_valid(struct slice text)
{
    if (text.size == 0 || text.size > TRACE_ID_MAX)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!isalnum((unsigned char)text.data[i]) && memchr("._:-", text.data[i], 4) == NULL)
            return false;
    return true;
}

/* Lower-case hexadecimal; all zeros stand for nothing where an id is expected. */
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
    return at[TRACE_ID_AT - 1] == '-' && at[PARENT_ID_AT - 1] == '-' && at[FLAGS_AT - 1] == '-' &&
           hex_valid(at, 2, true) && hex_valid(at + TRACE_ID_AT, 2 * TRACE_BYTES, false) &&
           hex_valid(at + PARENT_ID_AT, 2 * PARENT_BYTES, false) &&
           hex_valid(at + FLAGS_AT, 2, true);
}

static void put_hex(char *out, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 0x0F];
    }
}

void trace_begin(struct request *request, struct slice request_id, struct slice traceparent,
                 struct entropy *entropy)
{
    uint8_t random[10 + TRACE_BYTES + PARENT_BYTES];
    bool named = request_id_valid(request_id), traced = traceparent_valid(traceparent);
    if (!named || !traced)
        entropy_fill(entropy, random, sizeof random);
    if (named) {
        memcpy(request->request_id, request_id.data, request_id.size);
        request->request_id[request_id.size] = '\0';
    } else {
        struct uuid uuid = uuid_v7(request->received_us, random);
        uuid_format(&uuid, request->request_id);
    }
    if (traced) {
        memcpy(request->traceparent, traceparent.data, TRACEPARENT_LENGTH);
    } else {
        memcpy(request->traceparent, "00-00000000000000000000000000000000-0000000000000000-01",
               TRACEPARENT_LENGTH);
        put_hex(request->traceparent + TRACE_ID_AT, random + 10, TRACE_BYTES);
        put_hex(request->traceparent + PARENT_ID_AT, random + 10 + TRACE_BYTES, PARENT_BYTES);
    }
    request->traceparent[TRACEPARENT_LENGTH] = '\0';
}
