/* SPDX-License-Identifier: Apache-2.0
 *
 * enum status is the result of every call that can fail. See status.def for the table.
 */
#ifndef ECS_BASE_STATUS_H
#define ECS_BASE_STATUS_H

/* A caller that ignores the result of a function so marked does not compile. */
#define MUST_CHECK __attribute__((warn_unused_result))

enum outcome { OUTCOME_DONE, OUTCOME_RETRY, OUTCOME_REJECT };

enum status {
#define STATUS(name, http, outcome, title) STATUS_##name,
#include "base/status.def"
#undef STATUS
    STATUS_COUNT
};

int status_http(enum status status);
enum outcome status_outcome(enum status status);
/* The name as in the table, for logs. */
const char *status_name(enum status status);
const char *status_title(enum status status);

#endif
