/* SPDX-License-Identifier: Apache-2.0
 *
 * redis://[[user]:password@]host[:port][/database] → its parts.
 */
#ifndef ECS_ADAPTERS_CACHE_REDIS_URL_H
#define ECS_ADAPTERS_CACHE_REDIS_URL_H

#include "base/status.h"

enum { REDIS_NAME_MAX = 255 };

struct redis_url {
    char user[REDIS_NAME_MAX + 1]; /* empty: the default one; so is the next: none */
    char password[REDIS_NAME_MAX + 1];
    char host[REDIS_NAME_MAX + 1];
    int port;
    int database;
};

MUST_CHECK enum status redis_url_parse(const char *text, struct redis_url *url);

#endif
