/* SPDX-License-Identifier: Apache-2.0 */
#include "base/producer.h"

#include "limits.h"

static bool is_letter(char byte)
{
    return byte >= 'a' && byte <= 'z';
}

bool producer_is_name(struct slice text)
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

struct slice producer_or_none(struct slice text)
{
    return producer_is_name(text) ? text : (struct slice){0};
}
