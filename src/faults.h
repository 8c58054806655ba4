/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wrong with a configuration → one line for each cause, and whether waiting may mend it: a
 * status that is INVALID will not, any other but OK may.
 */
#ifndef ECS_FAULTS_H
#define ECS_FAULTS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/status.h"

/* The worse of two: INVALID before any other but OK. */
MUST_CHECK enum status fault_worse(enum status one, enum status other);

/* A value that cannot be used at all: tells what it must look like. INVALID. */
MUST_CHECK enum status fault_shape(struct buf *faults, const char *variable, const char *shape);

/* A database under DATA_DIR that cannot be used; an empty reason: memory is out. NOT_FOUND: it was
 * to be read and is not there; the reason is then its name. */
MUST_CHECK enum status fault_file(struct buf *faults, const char *folder, enum status status,
                                  const char *reason);

/* An engine that cannot be used, or not yet (OK with a reason). What waiting may mend is a fault to
 * a command; one who serves logs it and gets OK: it starts, and does what it can until then. */
MUST_CHECK enum status fault_engine(struct buf *faults, bool serves, const char *variable,
                                    enum status status, const char *reason);

/* Makes DATA_DIR if it is missing; `written`: engines write into it. The folder and all in it are
 * ours alone, those too that an earlier version or an operator made otherwise. */
MUST_CHECK enum status fault_folder(struct buf *faults, const char *folder, bool written);

#endif
