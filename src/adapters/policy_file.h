/* SPDX-License-Identifier: Apache-2.0
 *
 * A policy in a file that people edit while the system runs. A file that was changed and is at
 * fault is told once; what was read before stays.
 */
#ifndef ECS_ADAPTERS_POLICY_FILE_H
#define ECS_ADAPTERS_POLICY_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/status.h"
#include "domain/policy.h"

struct policy_file {
    const char *path;               /* "": the one that is built in, which never changes */
    struct stat seen;               /* the file, as it was read last */
    char text[POLICY_TEXT_MAX + 1]; /* of `policy` */
    char reading[POLICY_TEXT_MAX + 1];
    struct policy policy;
};

/* Reads the file. INVALID, with the reason: it cannot be read, or is no good policy; text and
 * policy are as before. */
MUST_CHECK enum status policy_file_read(struct policy_file *file, char reason[REASON_MAX + 1]);
/* True if the file is not the one that was read last. */
bool policy_file_changed(const struct policy_file *file);

#endif
