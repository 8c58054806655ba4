/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_write.h"

#include <assert.h>
#include <stdio.h>

#include "model/model_file.h"

enum status model_write(const char *folder, struct manifest *manifest,
                        const struct model_write_file files[], size_t count, struct hash *hash,
                        char reason[REASON_MAX + 1])
{
    struct buf json;
    enum status status = STATUS_OK;
    assert(count <= MODEL_FILES_MAX);
    manifest->file_count = count;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct manifest_file *file = &manifest->files[i];
        snprintf(file->name, sizeof file->name, "%s", files[i].name);
        file->hash = hash_of(&files[i].bytes, 1);
        status = model_file_write(folder, files[i].name, files[i].bytes, reason);
    }
    if (status != STATUS_OK)
        return status;
    buf_init(&json, MODEL_FILE_MAX);
    manifest_write(manifest, &json);
    struct slice bytes = buf_slice(&json);
    *hash = hash_of(&bytes, 1);
    if (json.overflowed) {
        snprintf(reason, REASON_MAX + 1, "the manifest is too large");
        status = STATUS_TOO_LARGE;
    } else {
        status = model_file_write(folder, MANIFEST_FILE, bytes, reason);
    }
    buf_free(&json);
    return status;
}
