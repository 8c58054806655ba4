/* SPDX-License-Identifier: Apache-2.0
 *
 * A policy in a file that people edit while the system runs.
 */
#ifndef ECS_ADAPTERS_POLICY_FILE_H
#define ECS_ADAPTERS_POLICY_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/status.h"
#include "domain/policy.h"

struct policy_file {
    const char *path;                /* or the name of one that is built in and never changes */
    struct stat seen;                /* the file, as it was read last */
    char text[POLICY_BYTES_MAX + 1]; /* of `policy` */
    struct policy policy;
};

/* Reads the file. INVALID: it cannot be read, or has errors; then text and policy are as before.
 * `report` gets a line for each error and each warning. */
MUST_CHECK enum status policy_file_read(struct policy_file *file, struct buf *report);
/* True if the file is not the one that was read last. */
bool policy_file_changed(const struct policy_file *file);

#endif
