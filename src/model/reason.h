/* SPDX-License-Identifier: Apache-2.0
 *
 * Why something was refused: one line for whoever reads it, beside the status.
 */
#ifndef ECS_MODEL_REASON_H
#define ECS_MODEL_REASON_H

#include <stdarg.h>
#include <stdio.h>

#include "base/status.h"
#include "limits.h"

/* Writes the reason, up to its size, and returns `status`; for returning. */
__attribute__((format(printf, 3, 4))) MUST_CHECK static inline enum status
reason_tell(char reason[REASON_MAX + 1], enum status status, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(reason, REASON_MAX + 1, format, values);
    va_end(values);
    return status;
}

#endif
