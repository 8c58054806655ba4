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
