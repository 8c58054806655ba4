/* SPDX-License-Identifier: Apache-2.0 */
#include "process/file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

enum status file_status(int error)
{
    static const int passing[] = {ENOSPC, EDQUOT, EIO, ENOMEM, EMFILE, ENFILE, EAGAIN, EINTR};
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
        if (error == passing[i])
            return STATUS_UNAVAILABLE;
    return STATUS_INVALID;
}

static bool is_ours_and_open(const char *path)
{
    struct stat now;
    return stat(path, &now) == 0 && now.st_uid == geteuid() && (now.st_mode & 077) != 0;
}

static bool is_empty(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return false;
    size_t count = 0;
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count <= 2; /* itself and the one above */
}

void file_make_folder_private(const char *path, const char *mark)
{
    char file[FILENAME_MAX];
    snprintf(file, sizeof file, "%s/%s", path, mark);
    if (is_ours_and_open(path) && (is_empty(path) || access(file, F_OK) == 0))
        (void)chmod(path, 0700);
}

void file_make_database_private(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    char file[FILENAME_MAX];
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        snprintf(file, sizeof file, "%s%s", path, ends[i]);
        if (is_ours_and_open(file))
            (void)chmod(file, 0600);
    }
}

const struct embedded_file *embedded_file_find(const char *name)
{
    for (const struct embedded_file *file = embedded_files; file->name != NULL; file++)
        if (strcmp(file->name, name) == 0)
            return file;
    return NULL;
}

static const struct embedded_part *part_of(const struct embedded_part *part, struct slice mark)
{
    while (part->mark != NULL && !slice_equals(mark, part->mark))
        part++;
    assert(part->mark != NULL); /* a page has no mark that its writer does not know */
    return part;
}

void embedded_file_fill(const char *name, const struct embedded_part parts[], const void *context,
                        struct buf *out)
{
    const struct embedded_file *file = embedded_file_find(name);
    assert(file != NULL);
    const char *from = file->data;
    for (const char *open; (open = strstr(from, "{{")) != NULL;) {
        const char *close = strstr(open, "}}");
        assert(close != NULL);
        const struct embedded_part *part =
            part_of(parts, (struct slice){open + 2, (size_t)(close - open - 2)});
        buf_append(out, from, (size_t)(open - from));
        if (part->text != NULL)
            buf_text(out, part->text);
        else
            part->write(context, out);
        bool alone = (open == file->data || open[-1] == '\n') && close[2] == '\n';
        from = close + (alone ? 3 : 2);
    }
    buf_text(out, from);
}
