/* SPDX-License-Identifier: Apache-2.0
 *
 * One walk over the text. Because the text is valid JSON, nothing is checked again: a value ends
 * where the next comma or bracket of its own depth is.
 */
#include "wire/json_place.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "process/json_read.h"

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

/* What is left of `path` behind its first part, if that is this name; else NULL. */
static const char *match_name(const char *name, const char *path)
{
    size_t size = strlen(name);
    if (strncmp(path, name, size) != 0)
        return NULL;
    return path[size] == '.' ? path + size + 1 : path[size] == '\0' ? path + size : NULL;
}

/* The same of a name as it stands in the text, with its quotes and escapes. */
static const char *match_quoted(const char *from, const char *to, const char *path)
{
    json_t *name;
    struct slice quoted = {from, (size_t)(to - from)};
    if (json_read(quoted, JSON_DECODE_ANY, &name, NULL) != STATUS_OK)
        return NULL;
    const char *rest = json_is_string(name) ? match_name(json_string_value(name), path) : NULL;
    json_decref(name);
    return rest;
}

static void find(struct json_walk *walk, const char *path);

/* At the value that `rest` of the path leads into, or, if NULL, past which it leads. */
static void step(struct json_walk *walk, const char *start, const char *rest)
{
    if (rest != NULL) {
        if (rest > walk->unmatched) { /* no other went as deep */
            walk->deepest = start;
            walk->unmatched = rest;
        }
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
    const char *rest = match_quoted(name, walk->at, path);
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
    for (size_t i = 0; walk->at < walk->end && peek(walk) != '}' && peek(walk) != ']'; i++) {
        char index[24];
        snprintf(index, sizeof index, "%zu", i);
        if (open == '{')
            find_member(walk, path);
        else
            step(walk, walk->at, match_name(index, path));
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
