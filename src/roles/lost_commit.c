/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/lost_commit.h"

#include <stdio.h>

#include "auth/seal.h"
#include "base/log.h"

enum { KEY_SIZE = HASH_TEXT_SIZE + 8, VALUE_MAX = (LOST_COMMITS_MAX + 1) * HASH_SIZE };

static void key_of(const struct lost_commit *lost, char key[KEY_SIZE])
{
    char text[HASH_TEXT_SIZE];
    hash_format(&lost->request, text);
    snprintf(key, KEY_SIZE, "lost:%s", text);
}

/* Of the request too: what was made for another is worth nothing. */
static void parts_of(const struct lost_commit *lost, struct slice parts[2])
{
    parts[0] = (struct slice){(const char *)lost->request.bytes, HASH_SIZE};
    parts[1] = (struct slice){(const char *)lost->made, lost->count * HASH_SIZE};
}

struct lost_commit lost_commit_find(struct role_context *context, struct slice request)
{
    const struct token_keys *keys = context->settings->tokens;
    struct lost_commit lost = {.request = seal_make(keys, SEAL_LOST_COMMIT, &request, 1)};
    char key[KEY_SIZE];
    struct slice parts[2];
    struct hash tag;
    struct buf value;
    buf_init(&value, VALUE_MAX);
    key_of(&lost, key);
    if (cache_get(context->cache, key, &value) == STATUS_OK && !value.overflowed &&
        value.size >= 2 * HASH_SIZE && value.size % HASH_SIZE == 0) {
        memcpy(tag.bytes, value.data, HASH_SIZE);
        lost.count = value.size / HASH_SIZE - 1;
        memcpy(lost.made, value.data + HASH_SIZE, lost.count * HASH_SIZE);
        parts_of(&lost, parts);
        if (!seal_holds(keys, SEAL_LOST_COMMIT, parts, 2, &tag))
            lost.count = 0;
    }
    buf_free(&value);
    return lost;
}

void lost_commit_add(struct role_context *context, struct lost_commit *lost,
                     const struct hash *made)
{
    char key[KEY_SIZE], value[VALUE_MAX];
    struct slice parts[2];
    if (lost->count == LOST_COMMITS_MAX)
        memmove(lost->made, lost->made + 1, --lost->count * sizeof lost->made[0]);
    lost->made[lost->count++] = *made;
    parts_of(lost, parts);
    struct hash tag = seal_make(context->settings->tokens, SEAL_LOST_COMMIT, parts, 2);
    memcpy(value, tag.bytes, HASH_SIZE);
    memcpy(value + HASH_SIZE, parts[1].data, parts[1].size);
    key_of(lost, key);
    if (cache_set(context->cache, key, (struct slice){value, HASH_SIZE + parts[1].size},
                  LOST_COMMIT_LIFE_US) != STATUS_OK)
        log_warn("a commit that was not confirmed cannot be kept for its repetition",
                 LOG_TEXT("cache", context->cache->ops->name));
}
