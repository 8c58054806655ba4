/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <stdio.h>

enum { CHUNK = 4096 };

enum status file_read(const char *path, struct buf *bytes)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return STATUS_UNAVAILABLE;
    char chunk[CHUNK];
    size_t size;
    while (!bytes->overflowed && (size = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_append(bytes, chunk, size);
    /* A folder can be opened, and fails here. */
    int error = ferror(file) ? errno : 0;
    fclose(file);
    if (error != 0) {
        errno = error;
        return STATUS_UNAVAILABLE;
    }
    return bytes->overflowed ? STATUS_TOO_LARGE : STATUS_OK;
}

bool file_changed(const struct stat *before, const struct stat *now)
{
    return now->st_mtim.tv_sec != before->st_mtim.tv_sec ||
           now->st_mtim.tv_nsec != before->st_mtim.tv_nsec || now->st_ino != before->st_ino ||
           now->st_size != before->st_size;
}
