/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_text.h"

static bool number_read(const char *command, const struct command_option *option, const char *text)
{
    char *end;
    errno = 0;
    int64_t value = strtoll(text, &end, 10);
    if (end != text && *end == '\0' && errno == 0 && value >= option->least &&
        value <= option->most) {
        *option->number = value;
        return true;
    }
    fprintf(stderr, "ecs %s: %s is a whole number of %" PRId64 " to %" PRId64 ", not %s\n", command,
            option->name, option->least, option->most, text);
    return false;
}

static bool time_read(const char *command, const struct command_option *option, const char *text)
{
    if (time_parse(text, strlen(text), option->time_us) == STATUS_OK)
        return true;
    fprintf(stderr, "ecs %s: %s %s is no time like 2026-01-31T12:00:00Z\n", command, option->name,
            text);
    return false;
}

static bool value_read(const char *command, const struct command_option *option, const char *text)
{
    if (option->text != NULL)
        *option->text = text;
    if (option->number != NULL)
        return number_read(command, option, text);
    if (option->time_us != NULL)
        return time_read(command, option, text);
    if (option->take != NULL)
        return option->take(option->context, text);
    return true;
}

/* NULL if the argument is none of them. */
static const struct command_option *option_named(const struct command_option *table,
                                                 const char *argument)
{
    size_t size = strcspn(argument, "=");
    for (; table->name != NULL; table++)
        if (strlen(table->name) == size && strncmp(table->name, argument, size) == 0)
            return table;
    return NULL;
}

static bool word_read(const char *command, const char *argument, const char **word)
{
    bool option = argument[0] == '-' && argument[1] != '\0';
    if (!option && word != NULL && *word == NULL) {
        *word = argument;
        return true;
    }
    fprintf(stderr, option ? "ecs %s: there is no option %s\n" : "ecs %s: unexpected argument %s\n",
            command, argument);
    return false;
}

bool options_read(int argc, char **argv, const struct command_option *table, const char **word)
{
    bool good = true;
    for (int i = 1; i < argc; i++) {
        const struct command_option *option = option_named(table, argv[i]);
        const char *equals = strchr(argv[i], '=');
        if (option == NULL) {
            good &= word_read(argv[0], argv[i], word);
        } else if (equals != NULL) {
            good &= value_read(argv[0], option, equals + 1);
        } else if (i + 1 == argc) {
            fprintf(stderr, "ecs %s: %s needs a value\n", argv[0], argv[i]);
            good = false;
        } else {
            good &= value_read(argv[0], option, argv[++i]);
        }
    }
    return good;
}
