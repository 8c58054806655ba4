/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/completion.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "commands/usage_words.h"

/* Calls `show` for each action and each option of a command. */
static void words_each(const struct command *command,
                       void (*show)(const struct command *command, const char *word))
{
    char word[USAGE_WORD_MAX + 1];
    struct usage_words words = usage_words_of(command->usage);
    while (usage_words_action(&words, word))
        show(command, word);
    words = usage_words_of(command->usage);
    while (usage_words_option(&words, word))
        show(command, word);
    show(command, "--help");
}

static void word_show(const struct command *command, const char *word)
{
    (void)command;
    printf(" %s", word);
}

/* zsh reads bash's form through bashcompinit. */
static void bash_write(const struct command_table *table)
{
    printf("_ecs() {\n    local words\n    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < table->count; i++) {
        printf("    %s) words='", table->all[i].name);
        words_each(&table->all[i], word_show);
        printf("' ;;\n");
    }
    printf("    esac\n    [ \"$COMP_CWORD\" -gt 1 ] || words='help completion --help --version");
    for (size_t i = 0; i < table->count; i++)
        printf(" %s", table->all[i].name);
    printf("'\n    COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"
           "complete -o default -F _ecs ecs\n");
}

static void fish_word_show(const struct command *command, const char *word)
{
    bool option = word[0] == '-';
    printf("complete -c ecs -n '__fish_seen_subcommand_from %s' %s %s\n", command->name,
           option ? "-l" : "-a", option ? word + 2 : word);
}

static void fish_write(const struct command_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        printf("complete -c ecs -n __fish_use_subcommand -a %s -d '%s'\n", table->all[i].name,
               table->all[i].summary);
        words_each(&table->all[i], fish_word_show);
    }
}

static const char usage[] = "usage: ecs completion bash|zsh|fish\n\n"
                            "Prints a script by which that shell completes commands and options.\n"
                            "For bash: source <(ecs completion bash)\n";

int completion_help(void)
{
    fputs(usage, stdout);
    return EX_OK;
}

int completion_write(const struct command_table *table, const char *shell)
{
    if (strcmp(shell, "bash") == 0) {
        bash_write(table);
    } else if (strcmp(shell, "zsh") == 0) {
        printf("autoload -U +X bashcompinit && bashcompinit\n");
        bash_write(table);
    } else if (strcmp(shell, "fish") == 0) {
        fish_write(table);
    } else {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    return EX_OK;
}
