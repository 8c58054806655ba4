/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/command.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/text.h"
#include "commands/report.h"
#include "settings.h"

static int version_run(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return command_misused("version");
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

struct command {
    const char *name;
    const char *summary; /* its line in `ecs --help` */
    command_work *run;
};

/* In the order of `ecs --help`. */
static const struct command commands[] = {
    {"serve", "run roles: all of them, or those named by --role", command_serve},
    {"migrate", "apply schema migrations", command_migrate},
    {"simulate", "let people feel, pay and ask for credit", command_simulate},
    {"population", "draw people with their features and defaults, to learn from",
     command_population},
    {"train", "train a model of risk from data", command_train},
    {"policy", "check a credit policy before it is used", command_policy},
    {"backtest", "tell what a policy would have made of recorded decisions", command_backtest},
    {"dead", "list refused messages, or put them back", command_dead},
    {"rewind", "consume a stream again from a moment on", command_rewind},
    {"features", "what was known of everybody at a moment, as CSV", command_features},
    {"replay", "make recorded decisions again, and tell what differs", command_replay},
    {"verify-log", "prove that no decision was altered or taken away", command_verify_log},
    {"status", "how running servers, their engines and streams are", command_status},
    {"health", "ask the server on LISTEN whether it is ready", command_health},
    {"version", "print the version", version_run},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

/* Help texts ------------------------------------------------------------------------------- */

enum { PATH_SIZE = 64, HELP_MAX = 64 * 1024 };

/* The name, in the source tree, of what is said of a command. */
static void help_path(const char *name, char path[PATH_SIZE])
{
    int size = snprintf(path, PATH_SIZE, "text/help/%s.txt", name);
    assert(size > 0 && size < PATH_SIZE);
}

/* As it is written, with its marks. */
static const char *help_text(const char *name)
{
    char path[PATH_SIZE];
    help_path(name, path);
    const struct embedded_file *file = embedded_file_find(path);
    assert(file != NULL); /* every command has one */
    return file->data;
}

static void put_commands(const void *context, struct buf *out)
{
    (void)context;
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        buf_printf(out, "  %-11s %s\n", commands[i].name, commands[i].summary);
}

static void put_settings(const void *context, struct buf *out)
{
    (void)context;
    settings_help(out);
}

static void help_print(const char *name, FILE *file)
{
    static const struct embedded_part parts[] = {
        {"commands", .write = put_commands},
        {"roles", .write = command_put_roles},
        {"settings", .write = put_settings},
        {0},
    };
    char path[PATH_SIZE];
    struct buf text;
    help_path(name, path);
    buf_init(&text, HELP_MAX);
    embedded_file_fill(path, parts, NULL, &text);
    fputs(buf_slice(&text).data, file);
    buf_free(&text);
}

int command_misused(const char *name)
{
    help_print(name, stderr);
    return EX_USAGE;
}

/* Words of help texts ---------------------------------------------------------------------- */

static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
static const char option_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

enum { WORD_MAX = 63, WORDS_MAX = 32 };

struct words {
    size_t count;
    struct slice list[WORDS_MAX]; /* within a help text */
};

static void word_add(struct words *words, const char *at, size_t size)
{
    for (size_t i = 0; i < words->count; i++)
        if (words->list[i].size == size && strncmp(words->list[i].data, at, size) == 0)
            return;
    assert(size <= WORD_MAX && words->count < WORDS_MAX);
    words->list[words->count++] = (struct slice){at, size};
}

/* Each word that may follow the command's name, once: actions, as check in "usage: ecs policy check
 * FILE", and options. Each line of the head is "usage: ecs NAME ..." or the same, indented. */
static struct words words_of(const struct command *command)
{
    static const size_t head = sizeof "usage: ecs " - 1;
    const char *text = help_text(command->name);
    struct words words = {0};
    size_t size;
    for (const char *line = text; *line != '\n' && *line != '\0'; line += strcspn(line, "\n") + 1) {
        const char *at = line + head + strcspn(line + head, " \n"); /* behind the command's name */
        at += *at == ' ';
        size = strspn(at, letters);
        if (size > 0 && (at[size] == ' ' || at[size] == '\n'))
            word_add(&words, at, size);
    }
    for (const char *at = text; (at = strstr(at, "--")) != NULL; at += size) {
        size = strspn(at, option_letters);
        if (size > 2)
            word_add(&words, at, size);
    }
    return words;
}

/* Completion ------------------------------------------------------------------------------- */

/* zsh reads bash's form through bashcompinit. */
static void bash_write(void)
{
    printf("_ecs() {\n    local words\n    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        struct words words = words_of(&commands[i]);
        printf("    %s) words='", commands[i].name);
        for (size_t k = 0; k < words.count; k++)
            printf(" %.*s", (int)words.list[k].size, words.list[k].data);
        printf(" --help' ;;\n");
    }
    printf("    esac\n    [ \"$COMP_CWORD\" -gt 1 ] || words='help completion --help --version");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf(" %s", commands[i].name);
    printf("'\n    COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"
           "complete -o default -F _ecs ecs\n");
}

static void fish_word(const struct command *command, struct slice word)
{
    int skip = word.data[0] == '-' ? 2 : 0;
    printf("complete -c ecs -n '__fish_seen_subcommand_from %s' %s %.*s\n", command->name,
           skip > 0 ? "-l" : "-a", (int)word.size - skip, word.data + skip);
}

static void fish_write(void)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        printf("complete -c ecs -n __fish_use_subcommand -a %s -d '%s'\n", commands[i].name,
               commands[i].summary);
        struct words words = words_of(&commands[i]);
        for (size_t k = 0; k < words.count; k++)
            fish_word(&commands[i], words.list[k]);
        fish_word(&commands[i], slice_of("--help"));
    }
}

/* EX_USAGE, with the shells that are known, for another. */
static int completion_write(const char *shell)
{
    if (strcmp(shell, "zsh") == 0)
        printf("autoload -U +X bashcompinit && bashcompinit\n");
    if (strcmp(shell, "zsh") == 0 || strcmp(shell, "bash") == 0)
        bash_write();
    else if (strcmp(shell, "fish") == 0)
        fish_write();
    else
        return command_misused("completion");
    return EX_OK;
}

/* Start ------------------------------------------------------------------------------------ */

/* The command of that name; NULL, with a word about what may have been meant, if there is none. */
static const struct command *command_named(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
    fprintf(stderr, "ecs: no command is named %s", name);
    const char *separator = "; did you mean ", *end = "; see ecs --help\n";
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (text_is_like(name, commands[i].name)) {
            fprintf(stderr, "%s%s", separator, commands[i].name);
            separator = " or ";
            end = "? See ecs --help\n";
        }
    fputs(end, stderr);
    return NULL;
}

/* True if the help names the option; else tells which of its options may have been meant. */
static bool option_is_known(const struct command *command, const char *argument)
{
    struct words words = words_of(command);
    char option[WORD_MAX + 1], word[WORD_MAX + 1], close[WORD_MAX + 1] = "";
    snprintf(option, sizeof option, "%.*s", (int)strcspn(argument, "="), argument);
    for (size_t i = 0; i < words.count; i++) {
        slice_text(words.list[i], word, sizeof word);
        if (strcmp(word, option) == 0)
            return true;
        if (word[0] == '-' && text_is_like(option, word))
            strcpy(close, word); /* which may have been meant */
    }
    fprintf(stderr, "ecs %s: there is no option %s", command->name, option);
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
        if (is_help(argv[i])) {
            help_print(command->name, stdout);
            return EX_OK;
        }
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "--", 2) == 0 && argv[i][2] != '\0')
            known &= option_is_known(command, argv[i]);
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

/* The help of that command, or of all. */
static int help_show(const char *name)
{
    if (name != NULL && strcmp(name, "completion") != 0 && command_named(name) == NULL)
        return EX_USAGE;
    help_print(name == NULL ? "ecs" : name, stdout);
    return EX_OK;
}

int command_run(int argc, char **argv)
{
    if (argc < 2)
        return command_misused("ecs");
    const char *name = argv[1];
    if (is_help(name) || (strcmp(name, "help") == 0 && argc <= 3))
        return help_show(argc > 2 ? argv[2] : NULL);
    if (strcmp(name, "completion") == 0)
        return completion_write(argc == 3 ? argv[2] : "");
    if (strcmp(name, "--version") == 0)
        name = "version";
    const struct command *command = command_named(name);
    return command == NULL ? EX_USAGE : command_start(command, argc - 1, argv + 1);
}
