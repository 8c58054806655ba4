/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "domain/event.h"
#include "limits.h"
#include "process/file.h"

enum { VARIABLE_MAX = 63 };

/* Reads the first line of a file; false with a fault if it cannot, or if the line is too long. */
static bool read_line(const char *name, const char *path, char *text, struct buf *faults)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        buf_printf(faults, "%s: cannot read %s: %s\n", name, path, strerror(errno));
        return false;
    }
    size_t size = fread(text, 1, SETTING_TEXT_MAX + 1, file);
    fclose(file);
    text[size > SETTING_TEXT_MAX ? SETTING_TEXT_MAX : size] = '\0';
    size_t length = strcspn(text, "\r\n");
    if (size > SETTING_TEXT_MAX && length == SETTING_TEXT_MAX) {
        buf_printf(faults, "%s: longer than %d bytes\n", name, SETTING_TEXT_MAX);
        return false;
    }
    text[length] = '\0';
    return true;
}

static void load_text(const char *name, const char *fallback, char *text, struct buf *faults)
{
    const char *value = getenv(name);
    if (value == NULL)
        value = fallback;
    if (strlen(value) > SETTING_TEXT_MAX) {
        buf_printf(faults, "%s: longer than %d bytes\n", name, SETTING_TEXT_MAX);
        value = "";
    }
    snprintf(text, SETTING_TEXT_MAX + 1, "%s", value);
}

static void load_secret(const char *name, const char *fallback, char *text, struct buf *faults)
{
    char file_name[64];
    snprintf(file_name, sizeof file_name, "%s_FILE", name);
    const char *path = getenv(file_name);
    text[0] = '\0';
    if (path == NULL) {
        load_text(name, fallback, text, faults);
        return;
    }
    if (getenv(name) != NULL)
        buf_printf(faults, "%s: set together with %s; set one of them\n", name, file_name);
    else if (read_line(file_name, path, text, faults) && text[0] == '\0')
        buf_printf(faults, "%s: the file is empty\n", file_name);
}

static void load_integer(const char *name, const char *fallback, int64_t least, int64_t most,
                         int64_t *number, struct buf *faults)
{
    const char *value = getenv(name);
    char *end;
    errno = 0;
    *number = strtoll(value == NULL ? fallback : value, &end, 10);
    if (value != NULL &&
        (end == value || *end != '\0' || errno != 0 || *number < least || *number > most))
        buf_printf(faults, "%s: must be a whole number from %" PRId64 " to %" PRId64 "\n", name,
                   least, most);
}

static void proxies_load(struct settings *settings, struct buf *faults)
{
    settings->proxies.count = 0;
    const char *entry = settings->trusted_proxies;
    while (*entry != '\0') {
        struct slice text = {entry, strcspn(entry, ",")};
        enum status status = address_list_add(&settings->proxies, text);
        if (status == STATUS_TOO_LARGE) {
            buf_printf(faults, "TRUSTED_PROXIES: more than %d entries\n", ADDRESS_NETWORKS_MAX);
            return;
        }
        if (status != STATUS_OK)
            buf_printf(faults, "TRUSTED_PROXIES: \"%.*s\" is no address and no network\n",
                       (int)text.size, text.data);
        entry += text.size;
        if (*entry == ',' && *++entry == '\0')
            buf_text(faults, "TRUSTED_PROXIES: ends with a comma\n");
    }
}

/* What more than one field decides, or more than its kind. */
static void check(struct settings *settings, struct buf *faults)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    size_t level = 0;
    while (level < 4 && strcmp(settings->log_level, levels[level]) != 0)
        level++;
    if (level == 4)
        buf_text(faults, "LOG_LEVEL: must be debug, info, warn or error\n");
    settings->log_threshold = (enum log_level)(level % 4);

    const char *colon = strrchr(settings->listen, ':');
    char *end = NULL;
    long port = colon == NULL ? -1 : strtol(colon + 1, &end, 10);
    if (port < 0 || port > 65535 || end == colon + 1 || *end != '\0')
        buf_text(faults, "LISTEN: must be ADDRESS:PORT with a port from 0 to 65535\n");
    proxies_load(settings, faults);
    if (settings->currency[0] != '\0' && !event_currency_is_good(settings->currency))
        buf_text(faults, "CURRENCY: must be three letters from A to Z\n");
    if (strcmp(settings->nats_storage, "file") != 0 &&
        strcmp(settings->nats_storage, "memory") != 0)
        buf_text(faults, "NATS_STORAGE: must be file or memory\n");
    if (settings->data_dir[0] == '\0')
        buf_text(faults, "DATA_DIR: must not be empty\n");
    if (settings->refresh_token_s < settings->access_token_s)
        buf_text(faults, "REFRESH_TOKEN_SECONDS: must not be below ACCESS_TOKEN_SECONDS\n");
}

enum status settings_load(struct settings *settings, struct buf *faults)
{
#define LOAD_TEXT(name, field, fallback, least, most)                                              \
    load_text(#name, fallback, settings->field, faults);
#define LOAD_SECRET(name, field, fallback, least, most)                                            \
    load_secret(#name, fallback, settings->field, faults);
#define LOAD_INTEGER(name, field, fallback, least, most)                                           \
    load_integer(#name, fallback, least, most, &settings->field, faults);
#define OPTION(name, field, kind, fallback, least, most, help)                                     \
    LOAD_##kind(name, field, fallback, least, most)
#include "options.def"
#undef OPTION
    check(settings, faults);
    return faults->size == 0 ? STATUS_OK : STATUS_INVALID;
}

/* What the last failed call on a file means, told. */
static enum status file_failed(const char *doing, const char *path, struct buf *faults)
{
    int error = errno;
    buf_printf(faults, "DATA_DIR: cannot %s %s: %s\n", doing, path, strerror(error));
    return file_status(error);
}

bool settings_are_embedded(const struct settings *settings)
{
    return settings->database_url[0] == '\0' && settings->nats_url[0] == '\0' &&
           settings->redis_url[0] == '\0';
}

/* A file with a random secret, which a crash leaves whole on the disk or not at all. */
static bool secret_write(char *path)
{
    unsigned char random[SECRET_MIN];
    char text[2 * SECRET_MIN + 1];
    int file = mkostemp(path, O_CLOEXEC);
    if (file < 0)
        return false;
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(text, sizeof text, random, sizeof random);
    errno = ENOSPC; /* what a write that ends early means */
    bool written = write(file, text, sizeof text - 1) == sizeof text - 1 && fsync(file) == 0;
    close(file);
    return written;
}

/* It gets its name by a link, which never takes the place of a secret that another process has
 * made meanwhile. */
static enum status secret_make(const char *data_dir, const char *path, struct buf *faults)
{
    char temporary[SETTING_TEXT_MAX + 80];
    snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    bool made = secret_write(temporary) && (link(temporary, path) == 0 || errno == EEXIST);
    enum status status = made ? STATUS_OK : file_failed("write", path, faults);
    unlink(temporary);
    int folder = made ? open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (made && (folder < 0 || fsync(folder) != 0))
        status = file_failed("write", data_dir, faults);
    if (folder >= 0)
        close(folder);
    return status;
}

enum status settings_own_secret(const char *data_dir, const char *name, char *secret,
                                struct buf *faults)
{
    char path[SETTING_TEXT_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", data_dir, name);
    if (access(path, F_OK) != 0) {
        enum status status = secret_make(data_dir, path, faults);
        if (status != STATUS_OK)
            return status;
    }
    if (!read_line("DATA_DIR", path, secret, faults))
        return STATUS_INVALID;
    if (strlen(secret) >= SECRET_MIN)
        return STATUS_OK;
    buf_printf(faults, "DATA_DIR: the secret in %s must have at least %d bytes\n", path,
               SECRET_MIN);
    return STATUS_INVALID;
}

/* True if `name` is read: the name of an option, or of the file of a secret. */
static bool is_read(const char *name)
{
#define IS_TEXT false
#define IS_INTEGER false
#define IS_SECRET true
#define OPTION(option, field, kind, fallback, least, most, help)                                   \
    if (strcmp(name, #option) == 0 || (IS_##kind && strcmp(name, #option "_FILE") == 0))           \
        return true;
#include "options.def"
#undef OPTION
    return false;
}

/* The option whose name is like this one; NULL: there is none. */
static const char *option_like(const char *name)
{
    const char *like = NULL;
#define OPTION(option, field, kind, fallback, least, most, help)                                   \
    if (strcmp(name, #option) == 0)                                                                \
        return #option;                                                                            \
    if (like == NULL && text_is_like(name, #option))                                               \
        like = #option;
#include "options.def"
#undef OPTION
    return like;
}

/* The option that may have been meant by a variable that is not read: a slip, a name with ECS_
 * before it, the file of an option that is no secret. NULL: it is none of ours. Kubernetes sets
 * NATS_PORT and the like by itself. */
static const char *option_meant(const char *name)
{
    static const char prefix[] = "ECS_", port[] = "_PORT", file[] = "_FILE";
    char bare[VARIABLE_MAX + 1];
    size_t skip = strncmp(name, prefix, sizeof prefix - 1) == 0 ? sizeof prefix - 1 : 0;
    size_t size = strlen(name + skip);
    if (is_read(name) || (size >= sizeof port && strcmp(name + strlen(name) - 5, port) == 0))
        return NULL;
    const char *like = option_like(name + skip);
    if (like != NULL || size < sizeof file || strcmp(name + strlen(name) - 5, file) != 0)
        return like;
    snprintf(bare, sizeof bare, "%.*s", (int)(size - 5), name + skip);
    return option_like(bare);
}

void settings_warn(void)
{
    for (char **variable = environ; *variable != NULL; variable++) {
        char name[VARIABLE_MAX + 1];
        size_t size = strcspn(*variable, "=");
        if (size > VARIABLE_MAX)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)size, *variable);
        const char *meant = option_meant(name);
        if (meant != NULL)
            log_warn("variable is not read", LOG_TEXT("variable", name), LOG_TEXT("meant", meant));
    }
}

void settings_help(struct buf *out)
{
#define HELP_TEXT(name, least, most) ""
#define HELP_SECRET(name, least, most) " Or " #name "_FILE."
#define HELP_INTEGER(name, least, most) " From " #least " to " #most "."
#define OPTION(name, field, kind, fallback, least, most, help)                                     \
    buf_printf(out, "  %-30s %s%s%s%s%s\n", #name, help, HELP_##kind(name, least, most),           \
               (fallback)[0] ? " Default: " : "", fallback, (fallback)[0] ? "." : "");
#include "options.def"
#undef OPTION
}
