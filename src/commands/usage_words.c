/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/usage_words.h"

#include <stddef.h>
#include <string.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
static const char option_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

struct usage_words usage_words_of(const char *usage)
{
    return (struct usage_words){usage, usage};
}

static bool word_take(const char *from, size_t size, char word[USAGE_WORD_MAX + 1])
{
    if (size == 0 || size > USAGE_WORD_MAX)
        return false;
    memcpy(word, from, size);
    word[size] = '\0';
    return true;
}

/* True if the option stands in the text before `end`. */
static bool is_repeated(const char *text, const char *end, const char *option)
{
    size_t size = strlen(option);
    for (const char *at = text; (at = strstr(at, option)) != NULL && at < end; at += size)
        if (strspn(at, option_letters) == size)
            return true;
    return false;
}

bool usage_words_option(struct usage_words *words, char option[USAGE_WORD_MAX + 1])
{
    while ((words->next = strstr(words->next, "--")) != NULL) {
        const char *at = words->next;
        size_t size = strspn(at, option_letters);
        words->next += size;
        if (size > 2 && word_take(at, size, option) && !is_repeated(words->text, at, option))
            return true;
    }
    words->next = words->text + strlen(words->text);
    return false;
}

/* Each line of the head is "usage: ecs NAME …" or the same, indented. */
bool usage_words_action(struct usage_words *words, char action[USAGE_WORD_MAX + 1])
{
    static const size_t head = sizeof "usage: ecs " - 1;
    while (*words->next != '\n' && *words->next != '\0') {
        const char *at = words->next + head, *end = strchr(words->next, '\n');
        words->next = end == NULL ? words->next + strlen(words->next) : end + 1;
        at += strcspn(at, " \n"); /* the command's name */
        at += *at == ' ';
        size_t size = strspn(at, letters);
        bool whole = at[size] == ' ' || at[size] == '\n';
        if (whole && word_take(at, size, action))
            return true;
    }
    return false;
}
