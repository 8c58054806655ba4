/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/embedded.h"
#include "base/file.h"
#include "limits.h"

enum { PATH_SIZE = 256 };

/* "policy/seed.json" → "seed"; empty if the file is no policy. */
static struct slice name_of(const struct embedded_file *file)
{
    static const char folder[] = "policy/", suffix[] = ".json";
    size_t around = sizeof folder - 1 + sizeof suffix - 1;
    if (strncmp(file->name, folder, sizeof folder - 1) != 0)
        return (struct slice){"", 0};
    return (struct slice){file->name + sizeof folder - 1, strlen(file->name) - around};
}

struct slice policy_built_in(const char *name)
{
    char path[PATH_SIZE];
    int size = snprintf(path, sizeof path, "policy/%s.json", name);
    const struct embedded_file *file = size < PATH_SIZE ? embedded_find(path) : NULL;
    return file == NULL ? (struct slice){NULL, 0} : (struct slice){file->data, file->size};
}

static void names_tell(struct buf *report)
{
    const char *before = "";
    for (const struct embedded_file *file = embedded_files; file->name != NULL; file++) {
        struct slice name = name_of(file);
        if (name.size == 0)
            continue;
        buf_printf(report, "%s%.*s", before, (int)name.size, name.data);
        before = ", ";
    }
}

enum status policy_text_read(const char *name_or_path, struct buf *text, struct buf *report)
{
    struct slice built_in = policy_built_in(name_or_path);
    if (built_in.data != NULL) {
        buf_append(text, built_in.data, built_in.size);
        return text->overflowed ? STATUS_TOO_LARGE : STATUS_OK;
    }
    enum status status = file_read(name_or_path, text);
    if (status == STATUS_TOO_LARGE) {
        buf_printf(report, "%s:1:1: error: The file has more than %d bytes.\n", name_or_path,
                   POLICY_BYTES_MAX);
    } else if (status != STATUS_OK) {
        buf_printf(report, "%s: error: cannot be read: %s; policies by name are ", name_or_path,
                   strerror(errno));
        names_tell(report);
        buf_printf(report, "\n");
    }
    return status;
}
