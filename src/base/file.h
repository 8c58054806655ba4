/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole files of configuration, which are small.
 */
#ifndef ECS_BASE_FILE_H
#define ECS_BASE_FILE_H

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

#endif
