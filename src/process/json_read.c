/* SPDX-License-Identifier: Apache-2.0 */
#include "process/json_read.h"

#include <assert.h>
#include <stdlib.h>

/* jansson's allocations are ours: they note that memory was out, and then nothing of what it read
 * counts. */
static _Thread_local bool memory_out;

static void *allocate(size_t size)
{
    void *memory = malloc(size);
    memory_out |= memory == NULL;
    return memory;
}

__attribute__((constructor)) static void start(void)
{
    json_set_alloc_funcs(allocate, free);
}

enum status json_read(struct slice text, size_t flags, json_t **root, json_error_t *error)
{
    json_malloc_t used;
    json_get_alloc_funcs(&used, NULL);
    assert(used == allocate); /* else nobody would note anything */
    memory_out = false;
    *root = json_loadb(text.data, text.size, flags, error);
    if (!memory_out)
        return *root == NULL ? STATUS_MALFORMED : STATUS_OK;
    json_decref(*root);
    *root = NULL;
    return STATUS_UNAVAILABLE;
}
