/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/entropy.h"

#include <sodium.h>
#include <stdlib.h>

#include "process/log.h"

static void system_fill(struct entropy *entropy, void *bytes, size_t size)
{
    (void)entropy;
    randombytes_buf(bytes, size);
}

static const struct entropy_ops system_ops = {
    .fill = system_fill,
};

struct entropy *entropy_system(void)
{
    static struct entropy entropy = {&system_ops};
    if (sodium_init() < 0) {
        log_error("no source of entropy", LOG_TEXT("library", "libsodium"));
        abort();
    }
    return &entropy;
}
