/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/command.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/likeness.h"
#include "commands/report.h"

static const char version_usage[] = "usage: ecs version [--json]\n\nPrints the version.\n";

static int version_run(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        fputs(version_usage, stderr);
        return EX_USAGE;
    }
    if (report_is_json()) {
        struct buf report;
        report_begin(&report);
        json_put_text(&report, "version", ECS_VERSION);
        report_end(&report);
    } else {
        printf("ecs %s\n", ECS_VERSION);
    }
    return EX_OK;
}

static const struct command command_version = {
    .name = "version", .summary = "print the version", .usage = version_usage, .run = version_run};

/* In the order of `ecs --help`. */
static const struct command *const commands[] = {
    &command_serve,  &command_migrate,    &command_simulate, &command_population, &command_train,
    &command_policy, &command_backtest,   &command_dead,     &command_rewind,     &command_features,
    &command_replay, &command_verify_log, &command_status,   &command_health,     &command_version,
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

/* Words of usage texts --------------------------------------------------------------------- */

static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
static const char option_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

enum { USAGE_WORD_MAX = 63 };

/* A place in a usage text that is walked over. */
struct usage_words {
    const char *text;
    const char *next;
};

static struct usage_words usage_words_of(const char *usage)
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

/* The next option that was not there before; false at the end. */
static bool usage_words_option(struct usage_words *words, char option[USAGE_WORD_MAX + 1])
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

/* The next word that may follow the command's name, as check in "usage: ecs policy check FILE";
 * false at the end. Each line of the head is "usage: ecs NAME …" or the same, indented. */
static bool usage_words_action(struct usage_words *words, char action[USAGE_WORD_MAX + 1])
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

/* Completion ------------------------------------------------------------------------------- */

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
static void bash_write(void)
{
    printf("_ecs() {\n    local words\n    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        printf("    %s) words='", commands[i]->name);
        words_each(commands[i], word_show);
        printf("' ;;\n");
    }
    printf("    esac\n    [ \"$COMP_CWORD\" -gt 1 ] || words='help completion --help --version");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf(" %s", commands[i]->name);
    printf("'\n    COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"
           "complete -o default -F _ecs ecs\n");
}

static void fish_word_show(const struct command *command, const char *word)
{
    bool option = word[0] == '-';
    printf("complete -c ecs -n '__fish_seen_subcommand_from %s' %s %s\n", command->name,
           option ? "-l" : "-a", option ? word + 2 : word);
}

static void fish_write(void)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        printf("complete -c ecs -n __fish_use_subcommand -a %s -d '%s'\n", commands[i]->name,
               commands[i]->summary);
        words_each(commands[i], fish_word_show);
    }
}

static const char completion_usage[] =
    "usage: ecs completion bash|zsh|fish\n\n"
    "Prints a script by which that shell completes commands and options.\n"
    "For bash: source <(ecs completion bash)\n";

static int completion_help(void)
{
    fputs(completion_usage, stdout);
    return EX_OK;
}

/* EX_USAGE, with the shells that are known, for another. */
static int completion_write(const char *shell)
{
    if (strcmp(shell, "bash") == 0) {
        bash_write();
    } else if (strcmp(shell, "zsh") == 0) {
        printf("autoload -U +X bashcompinit && bashcompinit\n");
        bash_write();
    } else if (strcmp(shell, "fish") == 0) {
        fish_write();
    } else {
        fputs(completion_usage, stderr);
        return EX_USAGE;
    }
    return EX_OK;
}

/* Help and start --------------------------------------------------------------------------- */

enum { USAGE_MAX = 64 * 1024 };

static int overview_show(FILE *file)
{
    fputs("usage: ecs COMMAND [OPTIONS]\n\n"
          "Decides credit in real time from what people spend and how they feel.\n\n",
          file);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(file, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
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
static const struct command *command_named(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(name, commands[i]->name) == 0)
            return commands[i];
    fprintf(stderr, "ecs: no command is named %s", name);
    const char *separator = "; did you mean ", *end = "; see ecs --help\n";
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (likeness_is_close(name, commands[i]->name)) {
            fprintf(stderr, "%s%s", separator, commands[i]->name);
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

static int help(const char *name)
{
    if (name == NULL)
        return overview_show(stdout);
    if (strcmp(name, "completion") == 0)
        return completion_help();
    const struct command *command = command_named(name);
    return command == NULL ? EX_USAGE : usage_show(command);
}

int command_run(int argc, char **argv)
{
    if (argc < 2)
        return overview_show(stderr);
    const char *name = argv[1];
    if (is_help(name) || (strcmp(name, "help") == 0 && argc <= 3))
        return help(argc > 2 ? argv[2] : NULL);
    if (strcmp(name, "completion") == 0)
        return completion_write(argc == 3 ? argv[2] : "");
    if (strcmp(name, "--version") == 0)
        name = "version";
    const struct command *command = command_named(name);
    return command == NULL ? EX_USAGE : command_start(command, argc - 1, argv + 1);
}
