/* SPDX-License-Identifier: Apache-2.0
 *
 * What unit tests share: cmocka, and random numbers that are the same on every run.
 */
#ifndef ECS_TESTS_UNIT_UNIT_H
#define ECS_TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* xorshift64* */
static inline uint64_t unit_random(void)
{
    static uint64_t state = 0x9E3779B97F4A7C15u;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545F4914F6CDD1Du;
}

static inline void unit_random_bytes(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(unit_random() >> 32);
}

/* Copies `text` with one to four bytes changed, cut out, doubled, or the end cut off. `out` has
 * room for eight bytes more. */
static inline size_t unit_mutate(const char *text, size_t size, char *out, size_t out_size)
{
    static const char liked[] = "{}[]\",:\\0123456789eE+-.tfnu\x00\xff\x80 ";
    memcpy(out, text, size);
    for (uint64_t left = 1 + unit_random() % 4; left > 0 && size > 0; left--) {
        size_t at = unit_random() % size;
        uint64_t kind = unit_random() % 8;
        if (kind < 5) {
            out[at] = liked[unit_random() % (sizeof liked - 1)];
        } else if (kind == 5) {
            memmove(out + at, out + at + 1, size - at - 1);
            size--;
        } else if (kind == 6 && size < out_size) {
            memmove(out + at + 1, out + at, size - at);
            size++;
        } else if (kind == 7 && left == 1) {
            size = at;
        }
    }
    return size;
}

#endif
