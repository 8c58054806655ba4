/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/cache_redis_url.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { PORT_DEFAULT = 6379, SENTINEL_PORT_DEFAULT = 26379, PORT_MAX = 65535, DATABASE_MAX = 65535 };

/* Copies `size` bytes with %41 read as A. */
static bool decode(const char *text, size_t size, char out[REDIS_NAME_MAX + 1])
{
    size_t length;
    if (!text_percent_decode((struct slice){text, size}, out, REDIS_NAME_MAX, &length))
        return false;
    out[length] = '\0';
    return true;
}

/* A number of digits only, up to `max`, that ends the text or stands before one of `ends`. */
static bool number(const char **text, const char *ends, int max, int *value)
{
    char *after;
    if (**text < '0' || **text > '9')
        return false;
    long parsed = strtol(*text, &after, 10);
    if (parsed > max || strchr(ends, *after) == NULL) /* the end of the text is in it too */
        return false;
    *value = (int)parsed;
    *text = after;
    return true;
}

static bool credentials(const char *text, size_t size, struct redis_url *url)
{
    const char *colon = memchr(text, ':', size);
    if (colon == NULL)
        return false;
    size_t user = (size_t)(colon - text);
    return decode(text, user, url->user) && decode(colon + 1, size - user - 1, url->password) &&
           url->password[0] != '\0';
}

/* host[:port] */
static bool host(const char **text, int port_default, struct redis_host *host)
{
    bool bracketed = **text == '[';
    *text += bracketed;
    size_t size = strcspn(*text, bracketed ? "]" : ":/,");
    if (size == 0 || size > REDIS_NAME_MAX || (bracketed && (*text)[size] != ']'))
        return false;
    memcpy(host->name, *text, size);
    *text += size + bracketed;
    host->port = port_default;
    return **text != ':' || (++*text, number(text, "/,", PORT_MAX, &host->port) && host->port > 0);
}

/* Sentinels up to the name of what they watch, which ends the text or stands before a slash. */
static bool sentinels(const char **text, struct redis_url *url)
{
    for (;;) {
        assert(url->host_count <= REDIS_HOSTS_MAX);
        if (url->host_count == REDIS_HOSTS_MAX ||
            !host(text, SENTINEL_PORT_DEFAULT, &url->hosts[url->host_count++]))
            return false;
        if (**text != ',')
            break;
        ++*text;
    }
    if (**text != '/')
        return false;
    size_t size = strcspn(++*text, "/");
    const char *name = *text;
    *text += size;
    return decode(name, size, url->master) && url->master[0] != '\0';
}

/* What follows the scheme; NULL: it is another. */
static const char *behind(const char *text, const char *scheme)
{
    size_t size = strlen(scheme);
    return strncmp(text, scheme, size) == 0 ? text + size : NULL;
}

enum status redis_url_parse(const char *text, struct redis_url *url)
{
    *url = (struct redis_url){.secure = behind(text, "rediss") != NULL};
    const char *server = behind(text, url->secure ? "rediss://" : "redis://");
    const char *watched = behind(text, url->secure ? "rediss+sentinel://" : "redis+sentinel://");
    text = server != NULL ? server : watched;
    if (text == NULL)
        return STATUS_INVALID;
    const char *at = strrchr(text, '@');
    if (at != NULL) {
        if (!credentials(text, (size_t)(at - text), url))
            return STATUS_INVALID;
        text = at + 1;
    }
    if (watched != NULL ? !sentinels(&text, url)
                        : !host(&text, PORT_DEFAULT, &url->hosts[url->host_count++]))
        return STATUS_INVALID;
    if (*text == '/' && text[1] != '\0' &&
        (text++, !number(&text, "", DATABASE_MAX, &url->database)))
        return STATUS_INVALID;
    return *text == '\0' || strcmp(text, "/") == 0 ? STATUS_OK : STATUS_INVALID;
}
