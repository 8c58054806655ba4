/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/rates.h"

#include <stdio.h>

enum { KEY_SIZE = 128 };

bool rate_pass(struct role_context *context, const char *what, struct slice address,
               int64_t per_second_max)
{
    char key[KEY_SIZE];
    int64_t total;
    snprintf(key, sizeof key, "%s:%.*s:%lld", what, (int)address.size, address.data,
             (long long)(clock_now_us(context->clock) / SECOND_US));
    return cache_increment(context->cache, key, 1, 2 * SECOND_US, &total) != STATUS_OK ||
           total <= per_second_max;
}

/* A hash: addresses of people do not stand in a cache in the clear. */
static void failures_key(struct slice address, const char *email, char key[KEY_SIZE])
{
    char text[HASH_TEXT_SIZE];
    struct hash hash = hash_of((const struct slice[]){address, slice_of(email)}, 2);
    hash_format(&hash, text);
    snprintf(key, KEY_SIZE, "failed_logins:%s", text);
}

bool login_begin(struct role_context *context, struct slice address, const char *email)
{
    char key[KEY_SIZE];
    int64_t total;
    failures_key(address, email, key);
    return cache_increment(context->cache, key, 1, FAILED_LOGIN_WINDOW_US, &total) != STATUS_OK ||
           total <= context->settings->failed_logins_max;
}

void login_succeed(struct role_context *context, struct slice address, const char *email)
{
    char key[KEY_SIZE];
    int64_t total;
    failures_key(address, email, key);
    /* One that is not taken back makes the limit stricter for a while, not looser. */
    (void)!cache_increment(context->cache, key, -1, FAILED_LOGIN_WINDOW_US, &total);
}
