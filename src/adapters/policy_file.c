/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/policy_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/embedded.h"
#include "wire/policy_json.h"

static struct slice built_in(void)
{
    const struct embedded_file *file = embedded_files;
    while (strcmp(file->name, "policy/default.json") != 0)
        file++;
    return (struct slice){file->data, file->size};
}

static enum status text_read(struct policy_file *file, struct slice *text,
                             char reason[REASON_MAX + 1])
{
    if (file->path[0] == '\0') {
        *text = built_in();
        return STATUS_OK;
    }
    FILE *stream = fopen(file->path, "re");
    if (stream == NULL) {
        snprintf(reason, REASON_MAX + 1, "cannot be read: %s", strerror(errno));
        return STATUS_INVALID;
    }
    fstat(fileno(stream), &file->seen);
    *text = (struct slice){file->reading, fread(file->reading, 1, sizeof file->reading, stream)};
    fclose(stream);
    if (text->size <= POLICY_TEXT_MAX && memchr(text->data, '\0', text->size) == NULL)
        return STATUS_OK;
    snprintf(reason, REASON_MAX + 1, "is not text of at most %d bytes", POLICY_TEXT_MAX);
    return STATUS_INVALID;
}

enum status policy_file_read(struct policy_file *file, char reason[REASON_MAX + 1])
{
    struct policy policy;
    struct slice text;
    enum status status = text_read(file, &text, reason);
    if (status == STATUS_OK)
        status = policy_parse(text, &policy, reason);
    if (status != STATUS_OK)
        return STATUS_INVALID;
    file->policy = policy;
    memcpy(file->text, text.data, text.size);
    file->text[text.size] = '\0';
    return STATUS_OK;
}

bool policy_file_changed(const struct policy_file *file)
{
    struct stat now;
    if (file->path[0] == '\0' || stat(file->path, &now) != 0)
        return false;
    return now.st_mtim.tv_sec != file->seen.st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != file->seen.st_mtim.tv_nsec || now.st_ino != file->seen.st_ino ||
           now.st_size != file->seen.st_size;
}
