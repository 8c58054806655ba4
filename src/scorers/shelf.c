/* SPDX-License-Identifier: Apache-2.0 */
#include "scorers/shelf.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/manifest.h"
#include "model/model.h"
#include "process/file.h"

static const char models[] = "models/", built_in[] = "models/default/";

static enum status fail(char reason[REASON_MAX + 1], const char *path)
{
    snprintf(reason, REASON_MAX + 1, "%.150s: %s", path, strerror(errno));
    return STATUS_UNAVAILABLE;
}

static enum status copy_built_in(const char *to, char reason[REASON_MAX + 1])
{
    enum status status = STATUS_OK;
    for (const struct embedded_file *file = embedded_files; file->name != NULL; file++) {
        if (strncmp(file->name, built_in, sizeof built_in - 1) == 0 && status == STATUS_OK)
            status = manifest_file_write(to, file->name + sizeof built_in - 1,
                                         (struct slice){file->data, file->size}, reason);
    }
    return status;
}

static enum status copy_file(const char *from, const char *to, const char *name,
                             char reason[REASON_MAX + 1])
{
    struct buf bytes;
    buf_init(&bytes, MODEL_FILE_MAX);
    enum status status = manifest_file_read(from, name, &bytes, reason);
    if (status == STATUS_OK)
        status = manifest_file_write(to, name, buf_slice(&bytes), reason);
    buf_free(&bytes);
    return status;
}

/* A model's folder has files only; those that are being written begin with a dot. */
static enum status copy_folder(const char *from, const char *to, char reason[REASON_MAX + 1])
{
    DIR *folder = opendir(from);
    if (folder == NULL)
        return fail(reason, from);
    enum status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] != '.')
            status = copy_file(from, to, entry->d_name, reason);
    }
    closedir(folder);
    return status;
}

static void folder_remove(const char *path)
{
    char file[SHELF_PATH_MAX + NAME_MAX + 2];
    DIR *folder = opendir(path);
    if (folder == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlink(file);
    }
    closedir(folder);
    rmdir(path);
}

static void place_of(const char *shelf, const char *hash, struct shelved_model *model)
{
    snprintf(model->folder, sizeof model->folder, "%s/%s", shelf, hash);
}

/* Moves the loaded copy to where its hash says; another process may have put it there before. */
static enum status place(const char *shelf, const char *draft, const struct model *loaded,
                         struct shelved_model *model, char reason[REASON_MAX + 1])
{
    char hash_text[HASH_TEXT_SIZE];
    struct hash hash = model_hash(loaded);
    hash_format(&hash, hash_text);
    place_of(shelf, hash_text, model);
    snprintf(model->name, sizeof model->name, "%.*s@%s",
             MODEL_NAME_MAX - HASH_TEXT_SIZE - SHELF_PREFIX_MAX, model_name(loaded), hash_text);
    if (rename(draft, model->folder) == 0)
        return STATUS_OK;
    if (errno == ENOTEMPTY || errno == EEXIST)
        return STATUS_OK;
    return fail(reason, model->folder);
}

/* For a process that only tells its faults: the model is checked where it is. */
static enum status leave(const char *folder, struct shelved_model *model,
                         char reason[REASON_MAX + 1])
{
    struct model *loaded = NULL;
    *model = (struct shelved_model){0};
    snprintf(model->folder, sizeof model->folder, "%s",
             folder[0] == '\0' ? EMBEDDED_PREFIX "models/default" : folder);
    enum status status = model_load_features(model->folder, &loaded, reason);
    model_free(loaded);
    return status;
}

enum status shelf_put(const char *shelf, const char *folder, struct shelved_model *model,
                      char reason[REASON_MAX + 1])
{
    char draft[SHELF_PATH_MAX + 1];
    struct model *loaded = NULL;
    if (shelf[0] == '\0')
        return leave(folder, model, reason);
    if ((mkdir(shelf, 0700) != 0 && errno != EEXIST) ||
        snprintf(draft, sizeof draft, "%s/draft-XXXXXX", shelf) > SHELF_PATH_MAX - HASH_TEXT_SIZE ||
        mkdtemp(draft) == NULL)
        return fail(reason, shelf);
    enum status status =
        folder[0] == '\0' ? copy_built_in(draft, reason) : copy_folder(folder, draft, reason);
    if (status == STATUS_OK)
        status = model_load_features(draft, &loaded, reason);
    if (status == STATUS_OK)
        status = place(shelf, draft, loaded, model, reason);
    model_free(loaded);
    folder_remove(draft);
    return status;
}

/* A model that the binary carries. */
static enum status built_in_find(const char *hash, struct shelved_model *model)
{
    for (const struct embedded_file *file = embedded_files; file->name != NULL; file++) {
        const char *name = strrchr(file->name, '/');
        if (strncmp(file->name, models, sizeof models - 1) != 0 ||
            strcmp(name + 1, MANIFEST_FILE) != 0)
            continue;
        char found[HASH_TEXT_SIZE];
        struct slice manifest = {file->data, file->size};
        struct hash its = hash_of(&manifest, 1);
        hash_format(&its, found);
        snprintf(model->folder, sizeof model->folder, EMBEDDED_PREFIX "%.*s",
                 (int)(name - file->name), file->name);
        if (strcmp(found, hash) == 0)
            return STATUS_OK;
    }
    return STATUS_NOT_FOUND;
}

enum status shelf_find(const char *shelf, const char *name, struct shelved_model *model)
{
    char manifest[SHELF_PATH_MAX + 32];
    const char *at = strrchr(name, '@');
    if (at == NULL || strlen(at + 1) != HASH_TEXT_SIZE - 1 || strchr(at, '/') != NULL)
        return STATUS_NOT_FOUND;
    place_of(shelf, at + 1, model);
    snprintf(model->name, sizeof model->name, "%s", name);
    snprintf(manifest, sizeof manifest, "%s/" MANIFEST_FILE, model->folder);
    return access(manifest, R_OK) == 0 ? STATUS_OK : built_in_find(at + 1, model);
}
