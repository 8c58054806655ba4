/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/policy_file.h"

#include <errno.h>
#include <string.h>

#include "base/embedded.h"
#include "base/file.h"
#include "wire/policy_json.h"

static struct slice built_in(void)
{
    const struct embedded_file *file = embedded_files;
    while (strcmp(file->name, "policy/default.json") != 0)
        file++;
    return (struct slice){file->data, file->size};
}

/* OK: `bytes` are the file's. */
static enum status bytes_read(struct policy_file *file, struct buf *bytes, struct buf *report)
{
    if (file->path[0] == '\0') {
        struct slice text = built_in();
        buf_append(bytes, text.data, text.size);
        return STATUS_OK;
    }
    enum status status =
        stat(file->path, &file->seen) == 0 ? file_read(file->path, bytes) : STATUS_UNAVAILABLE;
    if (status == STATUS_TOO_LARGE)
        buf_printf(report, "%s: error: more than %d bytes\n", file->path, POLICY_BYTES_MAX);
    else if (status != STATUS_OK)
        buf_printf(report, "%s: error: cannot be read: %s\n", file->path, strerror(errno));
    return status;
}

enum status policy_file_read(struct policy_file *file, struct buf *report)
{
    struct policy policy;
    struct buf bytes;
    buf_init(&bytes, POLICY_BYTES_MAX);
    enum status status = bytes_read(file, &bytes, report);
    if (status == STATUS_OK)
        status = policy_parse(buf_slice(&bytes), file->path[0] == '\0' ? "built-in" : file->path,
                              &policy, report);
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
    if (file->path[0] == '\0' || stat(file->path, &now) != 0)
        return false;
    return file_changed(&file->seen, &now);
}
