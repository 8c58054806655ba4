/* SPDX-License-Identifier: Apache-2.0
 *
 * What a usage text names: its options (--since) and the words that a command begins with
 * (check in "usage: ecs policy check FILE").
 */
#ifndef ECS_COMMANDS_USAGE_WORDS_H
#define ECS_COMMANDS_USAGE_WORDS_H

#include <stdbool.h>

enum { USAGE_WORD_MAX = 63 };

/* A place in a text that is walked over. */
struct usage_words {
    const char *text; /* not owned */
    const char *next;
};

struct usage_words usage_words_of(const char *usage);
/* The next option that was not there before; false at the end. */
bool usage_words_option(struct usage_words *words, char option[USAGE_WORD_MAX + 1]);
/* The next word that may follow the command's name; false at the end. */
bool usage_words_action(struct usage_words *words, char action[USAGE_WORD_MAX + 1]);

#endif
