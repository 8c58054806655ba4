/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/challengers_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/policy_file.h"

static enum status policy_take(struct challenger *challenger, const char *path, struct buf *faults)
{
    struct policy_file *file = calloc(1, sizeof *file);
    enum status status = STATUS_UNAVAILABLE;
    if (file != NULL) {
        file->path = path;
        status = policy_file_read(file, faults);
        challenger->policy = file->policy;
        challenger->has_policy = true;
    }
    free(file);
    return status;
}

static enum status model_take(struct challenger *challenger, struct trained_source *source,
                              const char *path, const char *shelf, struct buf *faults)
{
    char reason[REASON_MAX + 1];
    struct shelved_model model;
    enum status status = shelved_model_put(shelf, path, &model, reason);
    if (status != STATUS_OK) {
        buf_printf(faults, "%s: %s\n", path, reason);
        return status;
    }
    trained_source_init(source);
    trained_source_publish(source, &model);
    return scorer_trained_open(source, TRAINED_TREES, &challenger->model);
}

static enum status challenger_take(struct challengers_folder *folder, const char *path,
                                   const char *name, const char *shelf, struct buf *faults)
{
    char model[SHELF_PATH_MAX + 1], policy[SHELF_PATH_MAX + 1];
    struct challengers *challengers = &folder->challengers;
    int size = snprintf(policy, sizeof policy, "%s/%s/policy.json", path, name);
    snprintf(model, sizeof model, "%s/%s/model", path, name);
    if (size > SHELF_PATH_MAX || strlen(name) > CHALLENGER_NAME_MAX ||
        challengers->count == CHALLENGERS_MAX) {
        buf_printf(faults, "%s/%s: at most %d challengers, their names at most %d bytes\n", path,
                   name, CHALLENGERS_MAX, CHALLENGER_NAME_MAX);
        return STATUS_INVALID;
    }
    bool has_model = access(model, F_OK) == 0, has_policy = access(policy, F_OK) == 0;
    if (!has_model && !has_policy) {
        buf_printf(faults, "%s/%s: has neither model/ nor policy.json\n", path, name);
        return STATUS_INVALID;
    }
    struct challenger *challenger = &challengers->list[challengers->count];
    struct trained_source *source = &folder->sources[challengers->count];
    challengers->count++;
    snprintf(challenger->name, sizeof challenger->name, "%s", name);
    enum status status = has_policy ? policy_take(challenger, policy, faults) : STATUS_OK;
    if (status == STATUS_OK && has_model)
        status = model_take(challenger, source, model, shelf, faults);
    return status;
}

enum status challengers_folder_open(const char *path, const char *shelf,
                                    struct challengers_folder **opened, struct buf *faults)
{
    struct dirent **entries;
    struct challengers_folder *folder = calloc(1, sizeof *folder);
    int count = folder == NULL ? -1 : scandir(path, &entries, NULL, alphasort);
    if (count < 0) {
        buf_printf(faults, "%s: %s\n", path, strerror(errno));
        free(folder);
        return STATUS_INVALID;
    }
    enum status worst = STATUS_OK;
    for (int i = 0; i < count; i++) {
        enum status status = STATUS_OK;
        if (entries[i]->d_name[0] != '.')
            status = challenger_take(folder, path, entries[i]->d_name, shelf, faults);
        worst = status == STATUS_OK ? worst : STATUS_INVALID;
        free(entries[i]);
    }
    free(entries);
    if (worst == STATUS_OK)
        *opened = folder;
    else
        challengers_folder_close(folder);
    return worst;
}

void challengers_folder_close(struct challengers_folder *folder)
{
    for (size_t i = 0; folder != NULL && i < folder->challengers.count; i++) {
        if (folder->challengers.list[i].model != NULL)
            scorer_close(folder->challengers.list[i].model);
    }
    free(folder);
}
