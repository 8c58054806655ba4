/* SPDX-License-Identifier: Apache-2.0
 *
 * Files: whole ones of configuration, which are small; what of a folder or database is for us
 * alone; and those of the source tree that the binary carries.
 */
#ifndef ECS_PROCESS_FILE_H
#define ECS_PROCESS_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/status.h"

/* Appends the file's bytes to `bytes`, which must be initialised. UNAVAILABLE: it cannot be read,
 * and errno says why. TOO_LARGE: it does not fit the buffer's maximum. */
MUST_CHECK enum status file_read(const char *path, struct buf *bytes);

/* True if two looks at a file saw different ones: by place, size or time. */
bool file_changed(const struct stat *before, const struct stat *now);

/* What a failed call with this errno means at a start. UNAVAILABLE: waiting may mend it (the disk
 * is full, memory is out). INVALID: somebody must change something. */
MUST_CHECK enum status file_status(int error);

/* Lets nobody but us read a folder of ours: one that is empty, or holds `mark`. Another is left as
 * it is. */
void file_make_folder_private(const char *path, const char *mark);
/* The same for a database of ours and what lies beside it; those that are not there are passed
 * over. */
void file_make_database_private(const char *path);

/* A file of the source tree that the binary carries: of sql/, policy/, models/, and text/, whose
 * pages have marks, as {{hash}}, that are filled in. meson.build names each. Written by
 * tools/embed.py when the program is built. */
struct embedded_file {
    const char *name; /* path in the source tree: "sql/postgres/0001_people.sql" */
    const char *data; /* terminated by a zero that size does not count */
    size_t size;
};

/* Sorted by name; ended by a row without a name. */
extern const struct embedded_file embedded_files[];

/* The file of that name; NULL if there is none. */
const struct embedded_file *embedded_file_find(const char *name);

/* What stands for a mark: a text, or what `write` appends for a context. */
struct embedded_part {
    const char *mark; /* NULL ends a table */
    const char *text; /* NULL: it is written */
    void (*write)(const void *context, struct buf *out);
};

/* Appends the file of that name, with its parts in the place of its marks, each of which must have
 * one. A mark that has a line for itself stands for whole lines: the part ends them, or is empty.
 */
void embedded_file_fill(const char *name, const struct embedded_part parts[], const void *context,
                        struct buf *out);

#endif
