/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/entropy_system.h"

#include <sodium.h>

static void fill(struct entropy *entropy, void *bytes, size_t size)
{
    (void)entropy;
    randombytes_buf(bytes, size);
}

struct entropy *entropy_system(void)
{
    static const struct entropy_ops ops = {.fill = fill};
    static struct entropy entropy = {.ops = &ops};
    return &entropy;
}
