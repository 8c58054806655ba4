/* SPDX-License-Identifier: Apache-2.0 */
#include "model/ubj.h"

#include <assert.h>
#include <stdint.h>

enum { DEPTH_MAX = 16 }; /* of values within values */

static bool take(struct slice *rest, size_t size, const char **bytes)
{
    if (size > rest->size)
        return false;
    *bytes = rest->data;
    rest->data += size;
    rest->size -= size;
    return true;
}

static bool take_if(struct slice *rest, char letter)
{
    const char *taken;
    return rest->size > 0 && rest->data[0] == letter && take(rest, 1, &taken);
}

/* Of a number without its letter; 0: the letter is no number's. */
static size_t width_of(char type)
{
    switch (type) {
    case 'i':
    case 'U':
        return 1;
    case 'I':
        return 2;
    case 'l':
    case 'd':
        return 4;
    case 'L':
    case 'D':
        return 8;
    default:
        return 0;
    }
}

static double number_at(char type, const char *bytes)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < width_of(type); i++)
        bits = bits << 8 | (uint8_t)bytes[i];
    uint32_t low = (uint32_t)bits;
    float single;
    double number;
    switch (type) {
    case 'i':
        return (int8_t)bits;
    case 'U':
        return (uint8_t)bits;
    case 'I':
        return (int16_t)bits;
    case 'l':
        return (int32_t)bits;
    case 'L':
        return (double)(int64_t)bits;
    case 'd':
        memcpy(&single, &low, sizeof single);
        return (double)single;
    default:
        assert(type == 'D');
        memcpy(&number, &bits, sizeof number);
        return number;
    }
}

static bool take_length(struct slice *rest, size_t *length)
{
    const char *letter, *bytes;
    if (!take(rest, 1, &letter) || *letter == 'd' || *letter == 'D' || width_of(*letter) == 0 ||
        !take(rest, width_of(*letter), &bytes))
        return false;
    double number = number_at(*letter, bytes);
    if (number < 0 || number > (double)rest->size) /* each counted thing has a byte at least */
        return false;
    *length = (size_t)number;
    return true;
}

static bool take_text(struct slice *rest, struct slice *text)
{
    return take_length(rest, &text->size) && take(rest, text->size, &text->data);
}

/* What stands after the bracket. `*type` is 0 if each value has a letter of its own. */
static bool take_head(struct slice *rest, char *type, struct ubj_array *array)
{
    const char *letter;
    *type = 0;
    *array = (struct ubj_array){0};
    if (take_if(rest, '$')) {
        if (!take(rest, 1, &letter) || rest->size == 0 || rest->data[0] != '#')
            return false;
        *type = *letter;
    }
    array->counted = take_if(rest, '#');
    if (array->counted && !take_length(rest, &array->left))
        return false;
    array->rest = *rest;
    return true;
}

static bool take_value(struct slice *rest, int depth);

static bool take_object(struct slice *rest, int depth)
{
    struct slice key;
    while (!take_if(rest, '}'))
        if (!take_text(rest, &key) || !take_value(rest, depth))
            return false;
    return true;
}

static bool take_array(struct slice *rest, int depth)
{
    char type;
    const char *bytes;
    struct ubj_array array;
    if (!take_head(rest, &type, &array))
        return false;
    if (type != 0) /* a count is at most the bytes there are: the product does not overflow */
        return width_of(type) > 0 && take(rest, array.left * width_of(type), &bytes);
    while (array.counted ? array.left-- > 0 : !take_if(rest, ']'))
        if (!take_value(rest, depth))
            return false;
    return true;
}

/* Passes over a value. `depth`: how much deeper it may go. */
static bool take_value(struct slice *rest, int depth)
{
    const char *letter, *bytes;
    struct slice text;
    if (depth == 0 || !take(rest, 1, &letter))
        return false;
    switch (*letter) {
    case '{':
        return take_object(rest, depth - 1);
    case '[':
        return take_array(rest, depth - 1);
    case 'S':
        return take_text(rest, &text);
    case 'T':
    case 'F':
    case 'Z':
        return true;
    default:
        return width_of(*letter) > 0 && take(rest, width_of(*letter), &bytes);
    }
}

bool ubj_member(struct slice object, const char *name, struct slice *value)
{
    struct slice key;
    if (!take_if(&object, '{'))
        return false;
    while (take_text(&object, &key)) {
        *value = object;
        if (!take_value(&object, DEPTH_MAX))
            return false;
        if (slice_equals(key, name))
            return true;
    }
    return false;
}

bool ubj_text(struct slice value, struct slice *text)
{
    return take_if(&value, 'S') && take_text(&value, text);
}

bool ubj_array(struct slice value, struct ubj_array *array)
{
    char type;
    return take_if(&value, '[') && take_head(&value, &type, array) && type == 0;
}

bool ubj_array_ended(const struct ubj_array *array)
{
    return array->counted ? array->left == 0 : array->rest.size > 0 && array->rest.data[0] == ']';
}

bool ubj_array_next(struct ubj_array *array, struct slice *value)
{
    *value = array->rest;
    if (ubj_array_ended(array) || !take_value(&array->rest, DEPTH_MAX))
        return false;
    if (array->counted)
        array->left--;
    return true;
}

bool ubj_numbers(struct slice value, struct ubj_numbers *numbers)
{
    struct ubj_array array;
    if (!take_if(&value, '[') || !take_head(&value, &numbers->type, &array) ||
        width_of(numbers->type) == 0)
        return false;
    numbers->count = array.left;
    return take(&value, array.left * width_of(numbers->type), &numbers->bytes);
}

double ubj_number(const struct ubj_numbers *numbers, size_t i)
{
    assert(i < numbers->count);
    return number_at(numbers->type, numbers->bytes + i * width_of(numbers->type));
}
