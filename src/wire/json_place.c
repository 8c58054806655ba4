/* SPDX-License-Identifier: Apache-2.0
 *
 * One walk over the text. Because the text is valid JSON, nothing is checked again: a value ends
 * where the next comma or bracket of its own depth is.
 */
#include "wire/json_place.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A position in the text, which `end` bounds all the same: a text that is not JSON gives a wrong
 * place, never a read beyond it. */
struct json_walk {
    const char *at;
    const char *end;
    const char *deepest;   /* the start of the deepest part of the path found so far */
    const char *unmatched; /* what of the path is left from there */
};

struct json_place json_place_at(struct slice text, size_t offset)
{
    struct json_place place = {1, 1};
    for (size_t i = 0; i < offset && i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte == '\n')
            place = (struct json_place){place.line + 1, 1};
        else
            place.column += (byte & 0xC0) != 0x80; /* the first byte of a character */
    }
    return place;
}

static char peek(const struct json_walk *walk)
{
    return walk->at < walk->end ? *walk->at : '\0';
}

static void skip_spaces(struct json_walk *walk)
{
    while (walk->at < walk->end && strchr(" \t\r\n", *walk->at) != NULL && *walk->at != '\0')
        walk->at++;
}

/* From an opening quote to behind the closing one. */
static void skip_text(struct json_walk *walk)
{
    walk->at++;
    while (walk->at < walk->end && *walk->at != '"')
        walk->at += *walk->at == '\\' ? 2 : 1;
    walk->at = walk->at < walk->end ? walk->at + 1 : walk->end;
}

static void skip_value(struct json_walk *walk)
{
    int depth = 0;
    for (; walk->at < walk->end; walk->at++) {
        char byte = *walk->at;
        if (depth == 0 && (byte == ',' || byte == '}' || byte == ']'))
            return;
        depth += byte == '{' || byte == '[';
        depth -= byte == '}' || byte == ']';
        if (byte == '"') {
            skip_text(walk);
            walk->at--;
        }
    }
}

static uint32_t hex_of(const char *digits)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char digit = digits[i];
        uint32_t nibble =
            digit <= '9' ? (uint32_t)(digit - '0') : (uint32_t)((digit | 0x20) - 'a' + 10);
        value = value << 4 | nibble;
    }
    return value;
}

static size_t utf8_put(uint32_t character, char out[4])
{
    if (character < 0x80) {
        out[0] = (char)character;
        return 1;
    }
    size_t size = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, character >>= 6)
        out[i] = (char)(0x80 | (character & 0x3F));
    static const unsigned char first[] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(first[size] | character);
    return size;
}

/* Decodes the character or escape at `*at` into 1 to 4 bytes. */
static size_t take_character(const char **at, const char *end, char out[4])
{
    static const char escapes[] = "b\bf\fn\nr\rt\t";
    out[0] = *(*at)++;
    if (out[0] != '\\' || *at == end)
        return 1;
    out[0] = *(*at)++;
    if (out[0] != 'u' || end - *at < 4) {
        for (const char *pair = escapes; *pair != '\0'; pair += 2)
            if (*pair == out[0]) {
                out[0] = pair[1];
                break;
            }
        return 1;
    }
    uint32_t character = hex_of(*at);
    *at += 4;
    if (character >= 0xD800 && character < 0xDC00 && end - *at >= 6) {
        character = 0x10000 + ((character - 0xD800) << 10) + (hex_of(*at + 2) - 0xDC00);
        *at += 6;
    }
    return utf8_put(character, out);
}

/* What is left of `path` if it begins with the part [at, end) of a name between quotes, as it is
 * when decoded; else NULL. */
static const char *match_name(const char *at, const char *end, const char *path)
{
    while (at < end) {
        char bytes[4];
        size_t size = take_character(&at, end, bytes);
        if (*path == '\0' || strncmp(path, bytes, size) != 0)
            return NULL;
        path += size;
    }
    if (*path == '\0')
        return path;
    return *path == '.' ? path + 1 : NULL;
}

static const char *match_index(size_t index, const char *path)
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%zu", index);
    return match_name(digits, digits + size, path);
}

/* Notes the part that begins at `start` if no other went as deep into the path. */
static void note(struct json_walk *walk, const char *start, const char *rest)
{
    if (rest > walk->unmatched) {
        walk->deepest = start;
        walk->unmatched = rest;
    }
}

static void find(struct json_walk *walk, const char *path);

/* At the value that `rest` of the path leads into, or, if NULL, past which it leads. */
static void step(struct json_walk *walk, const char *start, const char *rest)
{
    if (rest != NULL) {
        note(walk, start, rest);
        find(walk, rest);
    } else {
        skip_value(walk);
    }
    skip_spaces(walk);
    if (peek(walk) == ',')
        walk->at++;
    skip_spaces(walk);
}

static void find_member(struct json_walk *walk, const char *path)
{
    const char *name = walk->at;
    skip_text(walk);
    const char *rest = match_name(name + 1, walk->at - 1, path);
    skip_spaces(walk);
    walk->at += walk->at < walk->end; /* the colon */
    skip_spaces(walk);
    step(walk, name, rest);
}

/* Looks for `path` in the value at hand and leaves the walk behind it. */
static void find(struct json_walk *walk, const char *path)
{
    char open = peek(walk);
    if (*path == '\0' || (open != '{' && open != '[')) {
        skip_value(walk);
        return;
    }
    walk->at++;
    skip_spaces(walk);
    for (size_t index = 0; walk->at < walk->end && peek(walk) != '}' && peek(walk) != ']';
         index++) {
        if (open == '{')
            find_member(walk, path);
        else
            step(walk, walk->at, match_index(index, path));
    }
    if (walk->at < walk->end)
        walk->at++;
}

struct json_place json_place_of(struct slice text, const char *path)
{
    struct json_walk walk = {.at = text.data, .end = text.data + text.size};
    skip_spaces(&walk);
    walk.deepest = walk.at;
    walk.unmatched = path;
    find(&walk, path);
    assert(walk.at <= walk.end && walk.deepest >= text.data && walk.deepest <= walk.end);
    return json_place_at(text, (size_t)(walk.deepest - text.data));
}
