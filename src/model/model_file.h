/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of a model's folder, read and written whole.
 */
#ifndef ECS_MODEL_MODEL_FILE_H
#define ECS_MODEL_MODEL_FILE_H

#include "base/buf.h"
#include "base/status.h"
#include "limits.h"

/* Tells of all others (manifest.h). */
#define MANIFEST_FILE "manifest.json"

/* Before a folder of the source tree that the binary carries, such as "embedded:models/default". */
#define EMBEDDED_PREFIX "embedded:"

/* Appends the file to `bytes`, up to its maximum. NOT_FOUND, TOO_LARGE, UNAVAILABLE, with the
 * reason. */
MUST_CHECK enum status model_file_read(const char *folder, const char *name, struct buf *bytes,
                                       char reason[REASON_MAX + 1]);
/* Puts the file in place at once: who reads meanwhile sees the old one or the new one. Makes the
 * folder if it is not there. UNAVAILABLE, with the reason. */
MUST_CHECK enum status model_file_write(const char *folder, const char *name, struct slice bytes,
                                        char reason[REASON_MAX + 1]);

#endif
