/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/rates.h"

#include <stdio.h>

enum { KEY_SIZE = 128 };

/* How many there are in this second by now; 0 if the cache cannot be asked. */
static int64_t rate_count(struct role_context *context, const char *what, struct slice address,
                          int64_t count)
{
    char key[KEY_SIZE];
    int64_t total;
    snprintf(key, sizeof key, "%s:%.*s:%lld", what, (int)address.size, address.data,
             (long long)(clock_now_us(context->clock) / SECOND_US));
    enum status status = cache_increment(context->cache, key, count, 2 * SECOND_US, &total);
    return status == STATUS_OK ? total : 0;
}

bool rate_pass(struct role_context *context, const char *what, struct slice address,
               int64_t per_second_max)
{
    return rate_count(context, what, address, 1) <= per_second_max;
}

void rate_add(struct role_context *context, const char *what, struct slice address, int64_t count)
{
    (void)rate_count(context, what, address, count);
}
