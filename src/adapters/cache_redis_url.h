/* SPDX-License-Identifier: Apache-2.0
 *
 * redis://[[user]:password@]host[:port][/database], or
 * redis+sentinel://[[user]:password@]host[:port],host[:port]…/MASTER[/database] → its parts.
 * rediss instead of redis: over TLS.
 */
#ifndef ECS_ADAPTERS_CACHE_REDIS_URL_H
#define ECS_ADAPTERS_CACHE_REDIS_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum { REDIS_NAME_MAX = 255, REDIS_HOSTS_MAX = 8 };

struct redis_host {
    char name[REDIS_NAME_MAX + 1];
    int port;
};

struct redis_url {
    char user[REDIS_NAME_MAX + 1]; /* empty: the default one; so is the next: none */
    char password[REDIS_NAME_MAX + 1];
    char master[REDIS_NAME_MAX + 1]; /* empty: hosts[0] is the server; else all are Sentinels */
    struct redis_host hosts[REDIS_HOSTS_MAX];
    size_t host_count; /* 1 or more */
    int database;
    bool secure; /* over TLS */
};

MUST_CHECK enum status redis_url_parse(const char *text, struct redis_url *url);

#endif
