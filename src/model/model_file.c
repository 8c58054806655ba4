/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/embedded.h"

enum { PATH_SIZE = 4096 };

/* Names a file and what the system says of it; for returning. */
static enum status fault(char reason[REASON_MAX + 1], const char *folder, const char *name)
{
    enum status status = errno == ENOENT ? STATUS_NOT_FOUND : STATUS_UNAVAILABLE;
    snprintf(reason, REASON_MAX + 1, "%.80s/%.64s: %s", folder, name, strerror(errno));
    return status;
}

/* `folder` is one that the binary carries. */
static enum status embedded_read(const char *folder, const char *name, struct buf *bytes)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const struct embedded_file *file = embedded_find(path);
    if (file == NULL) {
        errno = ENOENT;
        return STATUS_NOT_FOUND;
    }
    buf_append(bytes, file->data, file->size);
    return STATUS_OK;
}

enum status model_file_read(const char *folder, const char *name, struct buf *bytes,
                            char reason[REASON_MAX + 1])
{
    char path[PATH_SIZE];
    char chunk[16 * 1024];
    if (strncmp(folder, EMBEDDED_PREFIX, sizeof EMBEDDED_PREFIX - 1) == 0) {
        enum status found = embedded_read(folder + sizeof EMBEDDED_PREFIX - 1, name, bytes);
        return found == STATUS_OK ? found : fault(reason, folder, name);
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return fault(reason, folder, name);
    for (size_t size; (size = fread(chunk, 1, sizeof chunk, file)) > 0;)
        buf_append(bytes, chunk, size);
    enum status status = ferror(file) ? fault(reason, folder, name) : STATUS_OK;
    fclose(file);
    if (status == STATUS_OK && bytes->overflowed) {
        snprintf(reason, REASON_MAX + 1, "%.80s/%.64s: larger than %zu bytes", folder, name,
                 bytes->max);
        status = STATUS_TOO_LARGE;
    }
    return status;
}

enum status model_file_write(const char *folder, const char *name, struct slice bytes,
                             char reason[REASON_MAX + 1])
{
    char path[PATH_SIZE];
    char draft[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(draft, sizeof draft, "%s/.%s.new", folder, name);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        (void)fault(reason, folder, name);
        return STATUS_UNAVAILABLE;
    }
    FILE *file = fopen(draft, "we");
    bool fine = file != NULL && fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
    fine = fine && fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (file != NULL)
        fine = fclose(file) == 0 && fine;
    if (fine && rename(draft, path) == 0)
        return STATUS_OK;
    (void)fault(reason, folder, name);
    return STATUS_UNAVAILABLE;
}
