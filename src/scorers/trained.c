/* SPDX-License-Identifier: Apache-2.0 */
#include "scorers/trained.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/manifest.h"
#include "model/model.h"
#include "model/points.h"
#include "process/file.h"
#include "process/log.h"

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

/* Moves the loaded copy to where its hash says; another process may have put it there before. */
static enum status place(const char *shelf, const char *draft, const struct model *loaded,
                         struct shelved_model *model, char reason[REASON_MAX + 1])
{
    char hash_text[HASH_TEXT_SIZE];
    struct hash hash = model_hash(loaded);
    hash_format(&hash, hash_text);
    snprintf(model->folder, sizeof model->folder, "%s/%s", shelf, hash_text);
    snprintf(model->name, sizeof model->name, "%.*s@%s",
             MODEL_NAME_MAX - HASH_TEXT_SIZE - SHELF_PREFIX_MAX, model_name(loaded), hash_text);
    if (rename(draft, model->folder) == 0 || errno == ENOTEMPTY || errno == EEXIST)
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

enum status shelved_model_put(const char *shelf, const char *folder, struct shelved_model *model,
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

enum status shelved_model_find(const char *shelf, const char *name, struct shelved_model *model)
{
    char manifest[SHELF_PATH_MAX + 32];
    const char *at = strrchr(name, '@');
    if (at == NULL || strlen(at + 1) != HASH_TEXT_SIZE - 1 || strchr(at, '/') != NULL)
        return STATUS_NOT_FOUND;
    snprintf(model->folder, sizeof model->folder, "%s/%s", shelf, at + 1);
    snprintf(model->name, sizeof model->name, "%s", name);
    snprintf(manifest, sizeof manifest, "%s/" MANIFEST_FILE, model->folder);
    return access(manifest, R_OK) == 0 ? STATUS_OK : built_in_find(at + 1, model);
}

/* What a source published; it never changes. */
struct trained {
    atomic_size_t holds; /* of the source and of handles; with the last one it goes */
    enum trained_form form;
    struct model *model;            /* TRAINED_TREES */
    struct points points;           /* TRAINED_POINTS */
    struct feature_columns columns; /* of the points */
    char name[MODEL_NAME_MAX + 1];
};

struct scorer_trained {
    struct scorer base;
    struct trained_source *source;
    uint64_t version; /* of the source, that `trained` is */
    struct trained *trained;
};

/* NULL is allowed. */
static void trained_drop(struct trained *trained)
{
    if (trained == NULL || atomic_fetch_sub(&trained->holds, 1) > 1)
        return;
    model_free(trained->model);
    points_free(&trained->points);
    free(trained);
}

static enum status points_take(struct trained *trained, const char *folder,
                               char reason[REASON_MAX + 1])
{
    const struct points *points = &trained->points;
    enum status status = points_load(folder, &trained->points, reason);
    for (size_t i = 0; status == STATUS_OK && i < points->column_count; i++)
        status = feature_columns_add(&trained->columns, &points->columns[i].column, reason);
    return status;
}

static enum status trained_load(enum trained_form form, const struct shelved_model *shelved,
                                struct trained **loaded, char reason[REASON_MAX + 1])
{
    struct trained *trained = calloc(1, sizeof *trained);
    snprintf(reason, REASON_MAX + 1, "memory is out");
    if (trained == NULL)
        return STATUS_UNAVAILABLE;
    trained->holds = 1;
    trained->form = form;
    snprintf(trained->name, sizeof trained->name, "%s%.*s",
             form == TRAINED_TREES ? "" : POINTS_PREFIX, MODEL_NAME_MAX - SHELF_PREFIX_MAX,
             shelved->name);
    enum status status = form == TRAINED_TREES
                             ? model_load_features(shelved->folder, &trained->model, reason)
                             : points_take(trained, shelved->folder, reason);
    if (status == STATUS_OK)
        *loaded = trained;
    else
        trained_drop(trained);
    return status;
}

void trained_source_init(struct trained_source *source)
{
    *source = (struct trained_source){0};
    pthread_mutex_init(&source->lock, NULL);
}

void trained_source_close(struct trained_source *source)
{
    trained_drop(source->loaded);
    source->loaded = NULL;
}

enum status trained_source_publish(struct trained_source *source, enum trained_form form,
                                   const struct shelved_model *model, char reason[REASON_MAX + 1])
{
    struct trained *fresh;
    enum status status = trained_load(form, model, &fresh, reason);
    if (status != STATUS_OK)
        return status;
    pthread_mutex_lock(&source->lock);
    struct trained *former = source->loaded;
    source->loaded = fresh;
    source->model = *model;
    atomic_fetch_add(&source->version, 1);
    pthread_mutex_unlock(&source->lock);
    trained_drop(former);
    return STATUS_OK;
}

static void renew(struct scorer_trained *scorer)
{
    struct trained_source *source = scorer->source;
    if (scorer->version == atomic_load(&source->version))
        return;
    pthread_mutex_lock(&source->lock);
    assert(scorer->version < atomic_load(&source->version) && source->loaded != NULL);
    scorer->version = atomic_load(&source->version);
    struct trained *former = scorer->trained;
    scorer->trained = source->loaded;
    atomic_fetch_add(&scorer->trained->holds, 1);
    pthread_mutex_unlock(&source->lock);
    trained_drop(former);
}

static enum model_part part_of(enum risk_basis basis)
{
    return basis == BASIS_FULL ? MODEL_FULL : MODEL_WITHOUT_EMOTIONS;
}

static enum status trees_risks(void *self, enum risk_basis basis, const struct features features[],
                               size_t count, int32_t risks[])
{
    const struct trained *trained = self;
    assert(trained->form == TRAINED_TREES);
    return model_risks(trained->model, part_of(basis), features, count, risks);
}

static enum status trees_weigh(void *self, enum risk_basis basis, const struct features *features,
                               int32_t weights[FEATURE_COUNT])
{
    const struct trained *trained = self;
    assert(trained->form == TRAINED_TREES);
    return model_weigh(trained->model, part_of(basis), features, 1,
                       (int32_t(*)[FEATURE_COUNT])weights);
}

static int32_t points_of(const struct trained *trained, const struct features *features)
{
    double row[FEATURE_COUNT];
    assert(trained->form == TRAINED_POINTS);
    feature_columns_row(&trained->columns, features, row);
    return points_score(&trained->points, row);
}

static enum status points_risks(void *self, enum risk_basis basis, const struct features features[],
                                size_t count, int32_t risks[])
{
    for (size_t i = 0; i < count; i++) {
        struct features financial = features_without_emotions(&features[i]);
        int32_t points = points_of(self, basis == BASIS_FULL ? &features[i] : &financial);
        risks[i] = (int32_t)lround(points_probability(points) * MILLIONTHS);
    }
    return STATUS_OK;
}

/* Against somebody of whom nothing is known, feature by feature: points add up. */
static enum status points_weigh(void *self, enum risk_basis basis, const struct features *features,
                                int32_t weights[FEATURE_COUNT])
{
    const double log_odds_of_point = log(2) / POINTS_DOUBLE;
    struct features neutral = features_empty(), financial = features_without_emotions(features);
    const struct features *known = basis == BASIS_FULL ? features : &financial;
    int32_t nobody = points_of(self, &neutral);
    for (int i = 0; i < FEATURE_COUNT; i++) {
        int64_t kept = neutral.values[i];
        neutral.values[i] = known->values[i];
        int32_t less = nobody - points_of(self, &neutral);
        weights[i] = (int32_t)lround(less * log_odds_of_point * MILLIONTHS);
        neutral.values[i] = kept;
    }
    return STATUS_OK;
}

static enum status score(struct scorer *base, const struct question *question, struct score *score)
{
    struct scorer_trained *scorer = (struct scorer_trained *)base;
    renew(scorer);
    const struct risk_model trees = {trees_risks, trees_weigh, scorer->trained};
    const struct risk_model points = {points_risks, points_weigh, scorer->trained};
    enum status status =
        scoring_answer(scorer->trained->form == TRAINED_TREES ? &trees : &points, question, score);
    memcpy(score->model, scorer->trained->name, sizeof score->model);
    return status;
}

static const char *model(struct scorer *base)
{
    struct scorer_trained *scorer = (struct scorer_trained *)base;
    renew(scorer);
    return scorer->trained->name;
}

static void close_trained(struct scorer *base)
{
    struct scorer_trained *scorer = (struct scorer_trained *)base;
    trained_drop(scorer->trained);
    free(scorer);
}

enum status scorer_trained_open(struct trained_source *source, struct scorer **opened)
{
    static const struct scorer_ops ops = {.score = score, .model = model, .close = close_trained};
    struct scorer_trained *scorer = calloc(1, sizeof *scorer);
    if (scorer == NULL)
        return STATUS_UNAVAILABLE;
    scorer->base.ops = &ops;
    scorer->source = source;
    renew(scorer);
    if (scorer->trained == NULL) {
        free(scorer);
        return STATUS_INVALID;
    }
    /* NOLINTNEXTLINE(-Wanalyzer-malloc-leak): the caller holds it by its first member. */
    *opened = &scorer->base;
    return STATUS_OK;
}
