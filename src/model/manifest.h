/* SPDX-License-Identifier: Apache-2.0
 *
 * A trained model's folder: manifest.json, which is all of the model but its trees, with the hashes
 * of the files beside it, and those files. The manifest is written last and put in place at once,
 * so that a folder is always one whole model.
 */
#ifndef ECS_MODEL_MANIFEST_H
#define ECS_MODEL_MANIFEST_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/status.h"
#include "limits.h"
#include "model/part.h"

#define MANIFEST_FILE "manifest.json"

/* Before a folder of the source tree that the binary carries, such as "embedded:models/default". */
#define EMBEDDED_PREFIX "embedded:"

enum { MANIFEST_FORMAT = 1, MANIFEST_PARTS_MAX = 2, MANIFEST_FILE_NAME_MAX = 63 };

struct manifest_file {
    char name[MANIFEST_FILE_NAME_MAX + 1]; /* within the folder */
    struct hash hash;
};

struct manifest {
    char name[MODEL_NAME_MAX + 1];
    struct model_column *columns; /* owned */
    size_t column_count;
    struct manifest_part {
        bool *uses; /* owned; one a column */
        struct part_numbers numbers;
        char trees[MANIFEST_FILE_NAME_MAX + 1]; /* which of the files */
    } parts[MANIFEST_PARTS_MAX];                /* all columns first, then those without emotions */
    size_t part_count;
    struct manifest_file files[MODEL_FILES_MAX];
    size_t file_count;
};

void manifest_free(struct manifest *manifest);
/* INVALID, with the reason: not such a document, or of another format. Not OK leaves nothing. */
MUST_CHECK enum status manifest_read(struct slice json, struct manifest *manifest,
                                     char reason[REASON_MAX + 1]);

struct manifest_bytes {
    const char *name;
    struct slice bytes;
};

/* Writes a model's folder, for model_load to read: the files, then the manifest with their hashes;
 * manifest->files is filled here. While a folder is written over, model_load refuses it: it is
 * never a mixture. `*hash` is the model's. UNAVAILABLE, with the reason: a file cannot be written.
 * TOO_LARGE. */
MUST_CHECK enum status manifest_save(const char *folder, struct manifest *manifest,
                                     const struct manifest_bytes files[], size_t count,
                                     struct hash *hash, char reason[REASON_MAX + 1]);

/* Reads a file of the folder whole: appends it to `bytes`, up to its maximum. NOT_FOUND, TOO_LARGE,
 * UNAVAILABLE, with the reason. */
MUST_CHECK enum status manifest_file_read(const char *folder, const char *name, struct buf *bytes,
                                          char reason[REASON_MAX + 1]);
/* Puts the file in place at once: who reads meanwhile sees the old one or the new one. Makes the
 * folder if it is not there. UNAVAILABLE, with the reason. */
MUST_CHECK enum status manifest_file_write(const char *folder, const char *name, struct slice bytes,
                                           char reason[REASON_MAX + 1]);

#endif
