/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/policy_file.h"

#include <string.h>

#include "process/file.h"
#include "wire/policy_json.h"

enum status policy_file_read(struct policy_file *file, struct buf *report)
{
    struct policy policy;
    struct buf bytes;
    buf_init(&bytes, POLICY_BYTES_MAX);
    if (stat(file->path, &file->seen) != 0)
        file->seen = (struct stat){0};
    enum status status = policy_text_read(file->path, &bytes, report);
    if (status == STATUS_OK)
        status = policy_parse(buf_slice(&bytes), file->path, &policy, report);
    if (status == STATUS_OK) {
        file->policy = policy;
        memcpy(file->text, bytes.data, bytes.size);
        file->text[bytes.size] = '\0';
    }
    buf_free(&bytes);
    return status == STATUS_OK ? STATUS_OK : STATUS_INVALID;
}

bool policy_file_changed(const struct policy_file *file)
{
    struct stat now;
    if (policy_built_in(file->path).data != NULL || stat(file->path, &now) != 0)
        return false;
    return file_changed(&file->seen, &now);
}
