/* SPDX-License-Identifier: Apache-2.0 */
#include "faults.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/file.h"
#include "process/log.h"

enum status fault_worse(enum status one, enum status other)
{
    return one == STATUS_OK || other == STATUS_INVALID ? other : one;
}

enum status fault_shape(struct buf *faults, const char *variable, const char *shape)
{
    buf_printf(faults, "%s: must be %s\n", variable, shape);
    return STATUS_INVALID;
}

enum status fault_file(struct buf *faults, const char *folder, enum status status,
                       const char *reason)
{
    if (status == STATUS_NOT_FOUND) {
        buf_printf(faults, "DATA_DIR: %s holds no %s; ecs serve makes it\n", folder, reason);
        return STATUS_INVALID;
    }
    if (status != STATUS_OK)
        buf_printf(faults, "DATA_DIR: %s\n", reason[0] == '\0' ? status_title(status) : reason);
    return status;
}

enum status fault_engine(struct buf *faults, bool serves, const char *variable, enum status status,
                         const char *reason)
{
    if (status == STATUS_OK && reason[0] == '\0')
        return STATUS_OK;
    if (serves && (status == STATUS_OK || status == STATUS_UNAVAILABLE)) {
        log_warn("waiting for an engine", LOG_TEXT("variable", variable),
                 LOG_TEXT("reason", reason));
        return STATUS_OK;
    }
    buf_printf(faults, "%s: %s\n", variable, reason[0] == '\0' ? status_title(status) : reason);
    return status == STATUS_OK ? STATUS_UNAVAILABLE : status;
}

enum status fault_folder(struct buf *faults, const char *path, bool written)
{
    static const char *const marks[] = {"ecs.db", "bus.db", "secret_key", "models"};
    struct stat folder;
    umask(077);
    int error = mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : errno;
    for (size_t i = 0; error == 0 && i < sizeof marks / sizeof marks[0]; i++)
        file_make_folder_private(path, marks[i]);
    if (error == 0 && stat(path, &folder) == 0 && !S_ISDIR(folder.st_mode))
        error = ENOTDIR;
    if (error == 0 && written && access(path, R_OK | W_OK | X_OK) != 0)
        error = errno;
    if (error == 0)
        return STATUS_OK;
    buf_printf(faults, "DATA_DIR: cannot use %s: %s\n", path, strerror(error));
    return file_status(error);
}
