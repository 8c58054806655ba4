/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes a model's folder, for model_load to read.
 */
#ifndef ECS_MODEL_MODEL_WRITE_H
#define ECS_MODEL_MODEL_WRITE_H

#include "model/manifest.h"

struct model_write_file {
    const char *name;
    struct slice bytes;
};

/* Writes the files, then the manifest with their hashes; manifest->files is filled here. While a
 * folder is written over, model_load refuses it: it is never a mixture. `*hash` is the model's.
 * UNAVAILABLE, with the reason: a file cannot be written. TOO_LARGE. */
MUST_CHECK enum status model_write(const char *folder, struct manifest *manifest,
                                   const struct model_write_file files[], size_t count,
                                   struct hash *hash, char reason[REASON_MAX + 1]);

#endif
