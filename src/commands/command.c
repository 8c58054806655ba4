/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/command.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/likeness.h"
#include "commands/completion.h"
#include "commands/report.h"
#include "commands/usage_words.h"

enum { USAGE_MAX = 64 * 1024 };

static int overview_show(const struct command_table *table, FILE *file)
{
    fputs("usage: ecs COMMAND [OPTIONS]\n\n"
          "Decides credit in real time from what people spend and how they feel.\n\n",
          file);
    for (size_t i = 0; i < table->count; i++)
        fprintf(file, "  %-11s %s\n", table->all[i].name, table->all[i].summary);
    fputs("\necs help COMMAND, or ecs COMMAND --help, tells more.\n"
          "ecs completion bash, zsh or fish prints a script that completes commands and options.\n",
          file);
    return file == stdout ? EX_OK : EX_USAGE;
}

static int usage_show(const struct command *command)
{
    struct buf more;
    buf_init(&more, USAGE_MAX);
    if (command->usage_more != NULL)
        command->usage_more(&more);
    fputs(command->usage, stdout);
    if (more.size > 0)
        fputs(buf_slice(&more).data, stdout);
    buf_free(&more);
    return EX_OK;
}

/* The command of that name; NULL, with a word about what may have been meant, if there is none. */
static const struct command *command_named(const struct command_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(name, table->all[i].name) == 0)
            return &table->all[i];
    fprintf(stderr, "ecs: no command is named %s", name);
    const char *separator = "; did you mean ", *end = "; see ecs --help\n";
    for (size_t i = 0; i < table->count; i++)
        if (likeness_is_close(name, table->all[i].name)) {
            fprintf(stderr, "%s%s", separator, table->all[i].name);
            separator = " or ";
            end = "? See ecs --help\n";
        }
    fputs(end, stderr);
    return NULL;
}

/* True if the usage names the option; else tells which of its options may have been meant. */
static bool option_is_known(const struct command *command, struct slice option)
{
    char word[USAGE_WORD_MAX + 1], close[USAGE_WORD_MAX + 1] = "", text[USAGE_WORD_MAX + 1];
    snprintf(word, sizeof word, "%.*s", (int)option.size, option.data);
    struct usage_words words = usage_words_of(command->usage);
    while (usage_words_option(&words, text)) {
        if (strcmp(text, word) == 0)
            return true;
        if (likeness_is_close(word, text))
            strcpy(close, text);
    }
    fprintf(stderr, "ecs %s: there is no option %s", command->name, word);
    if (close[0] != '\0')
        fprintf(stderr, "; did you mean %s? See ecs %s --help\n", close, command->name);
    else
        fprintf(stderr, "; see ecs %s --help\n", command->name);
    return false;
}

static bool is_help(const char *argument)
{
    return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

/* Help comes first, wherever it stands; then every option that is not known is told. */
static int command_start(const struct command *command, int argc, char **argv)
{
    bool known = true;
    int kept = 1;
    for (int i = 1; i < argc; i++)
        if (is_help(argv[i]))
            return usage_show(command);
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "--", 2) == 0 && argv[i][2] != '\0')
            known &= option_is_known(command, (struct slice){argv[i], strcspn(argv[i], "=")});
    if (!known)
        return EX_USAGE;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            report_choose_json();
        else
            argv[kept++] = argv[i];
    }
    argv[kept] = NULL;
    return command->run(kept, argv);
}

static int help(const struct command_table *table, const char *name)
{
    if (name == NULL)
        return overview_show(table, stdout);
    if (strcmp(name, "completion") == 0)
        return completion_help();
    const struct command *command = command_named(table, name);
    return command == NULL ? EX_USAGE : usage_show(command);
}

int command_run(const struct command_table *table, int argc, char **argv)
{
    if (argc < 2)
        return overview_show(table, stderr);
    const char *name = argv[1];
    if (is_help(name) || (strcmp(name, "help") == 0 && argc <= 3))
        return help(table, argc > 2 ? argv[2] : NULL);
    if (strcmp(name, "completion") == 0)
        return completion_write(table, argc == 3 ? argv[2] : "");
    if (strcmp(name, "--version") == 0)
        name = "version";
    const struct command *command = command_named(table, name);
    return command == NULL ? EX_USAGE : command_start(command, argc - 1, argv + 1);
}
