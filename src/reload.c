/* SPDX-License-Identifier: Apache-2.0 */
#include "reload.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/file.h"
#include "process/log.h"
#include "process/metrics.h"
#include "store/log.h"
#include "wire/policy_json.h"

static bool policy_is_chosen(const struct reload *reload)
{
    return reload->settings->policy_file[0] != '\0';
}

bool reload_takes_model(const struct settings *settings, enum trained_form *form)
{
    *form = strcmp(settings->scorer, "points") == 0 ? TRAINED_POINTS : TRAINED_TREES;
    return *form == TRAINED_POINTS || strcmp(settings->scorer, "trained") == 0;
}

void reload_init(struct reload *reload, const struct settings *settings, struct clock *clock,
                 bool decides)
{
    reload->settings = settings;
    reload->clock = clock;
    reload->decides = decides;
    policy_source_init(&reload->policies);
    trained_source_init(&reload->trained);
    pthread_mutex_init(&reload->lock, NULL);
}

/* INVALID: it cannot be read, or has errors; then text and policy are as before. `report` gets a
 * line for each error and each warning. */
static enum status policy_read(struct policy_file *file, struct buf *report)
{
    struct policy policy;
    struct buf bytes;
    buf_init(&bytes, POLICY_BYTES_MAX);
    if (stat(file->path, &file->seen) != 0)
        file->seen = (struct stat){0};
    enum status status = policy_text_read(file->path, &bytes, report);
    if (status == STATUS_OK)
        status = policy_parse(buf_slice(&bytes), file->path, &policy, report);
    if (status == STATUS_OK) {
        assert(bytes.size < sizeof file->text);
        file->policy = policy;
        memcpy(file->text, bytes.data, bytes.size);
        file->text[bytes.size] = '\0';
    }
    buf_free(&bytes);
    return status == STATUS_OK ? STATUS_OK : STATUS_INVALID;
}

/* True if the file is not the one that was read last. */
static bool policy_changed(const struct policy_file *file)
{
    struct stat now;
    if (policy_built_in(file->path).data != NULL || stat(file->path, &now) != 0)
        return false;
    return file_changed(&file->seen, &now);
}

/* A deployment has one currency, whatever becomes of its policies: CURRENCY, else that of the
 * policy which decides first. False if this policy's amounts are in another. */
static bool currency_settle(struct reload *reload, const struct policy *policy)
{
    const char *named = policy->currency;
    const char *first = reload->settings->currency[0] != '\0' ? reload->settings->currency
                        : named[0] != '\0'                    ? named
                                                              : CURRENCY_DEFAULT;
    if (reload->currency[0] == '\0')
        snprintf(reload->currency, sizeof reload->currency, "%.3s", first);
    assert(strlen(reload->currency) == CURRENCY_LENGTH);
    return named[0] == '\0' || strcmp(named, reload->currency) == 0;
}

static void policy_publish(struct reload *reload)
{
    const struct settings *settings = reload->settings;
    char hash[HASH_TEXT_SIZE];
    enum trained_form form;
    struct policy_choice choice = {.by_model = !policy_is_chosen(reload),
                                   .policy = reload->policy_files[0].policy,
                                   .calibrated = reload->policy_files[1].policy};
    policy_source_publish(&reload->policies, &choice);
    /* Which policy decides by the answers of a service is told once it has answered. */
    if (choice.by_model && settings->credit_analysis_service_url[0] != '\0')
        return;
    bool calibrated = choice.by_model && reload_takes_model(settings, &form);
    hash_format(&reload->policy_files[calibrated].policy.hash, hash);
    metric_tell(INFO_policy, hash);
}

/* A policy with errors is refused in the words of `ecs policy check`; its warnings are logged. */
enum status reload_read_policy(struct reload *reload, struct buf *faults)
{
    const char *chosen = reload->settings->policy_file;
    struct policy_file *files = reload->policy_files;
    struct buf report;
    buf_init(&report, POLICY_REPORT_MAX);
    files[0].path = policy_is_chosen(reload) ? chosen : POLICY_SEED;
    files[1].path = policy_is_chosen(reload) ? chosen : POLICY_CALIBRATED;
    enum status status = policy_read(&files[0], &report);
    if (status == STATUS_OK && !policy_is_chosen(reload))
        status = policy_read(&files[1], &report);
    if (status != STATUS_OK) {
        buf_printf(faults, "POLICY_FILE: the policy has errors:\n%s", buf_slice(&report).data);
    } else if (!currency_settle(reload, &files[0].policy)) {
        buf_printf(faults, "CURRENCY: is %s, but the policy's amounts are in %s\n",
                   reload->currency, files[0].policy.currency);
        status = STATUS_INVALID;
    } else {
        policy_publish(reload);
    }
    if (status == STATUS_OK && report.size > 0)
        log_warn("the policy has warnings; see ecs policy check",
                 LOG_TEXT("policy", files[0].policy.name));
    buf_free(&report);
    return status;
}

/* A policy is kept before it decides: a decision can always be made again. Who decides nothing
 * keeps none. */
static bool policy_keep(struct reload *reload, struct store *store)
{
    size_t count = !reload->decides ? 0 : policy_is_chosen(reload) ? 1 : 2;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK && store != NULL; i++)
        status = store_policy_keep(store, &reload->policy_files[i].policy.hash,
                                   reload->policy_files[i].text, clock_now_us(reload->clock));
    return status == STATUS_OK;
}

void reload_keep_policies(struct reload *reload, struct store *store)
{
    pthread_mutex_lock(&reload->lock);
    reload->policy_kept = policy_keep(reload, store);
    pthread_mutex_unlock(&reload->lock);
}

/* Not OK: the one before stays, which is perhaps still to be kept. */
static enum status policy_reread(struct reload *reload, struct buf *report)
{
    struct policy_file *file = &reload->policy_files[0], next = *file;
    enum status status = policy_read(&next, report);
    file->seen = next.seen;
    if (status == STATUS_OK && !currency_settle(reload, &next.policy)) {
        buf_printf(report, "currency: is %s, and %s in this deployment\n", next.policy.currency,
                   reload->currency);
        status = STATUS_INVALID;
    }
    if (status == STATUS_OK)
        *file = next;
    return status;
}

static void policy_refresh(struct reload *reload, struct store *store)
{
    struct policy_file *file = &reload->policy_files[0];
    struct buf report;
    if (!reload->policy_kept)
        reload->policy_kept = policy_keep(reload, store);
    if (!policy_changed(file))
        return;
    assert(policy_is_chosen(reload)); /* one that is built in never changes */
    buf_init(&report, POLICY_REPORT_MAX);
    if (policy_reread(reload, &report) == STATUS_OK) {
        reload->policy_kept = policy_keep(reload, store);
        policy_publish(reload);
        log_info("policy replaced", LOG_TEXT("name", file->policy.name));
    } else {
        log_warn("policy refused; the one before decides on",
                 LOG_TEXT("report", buf_slice(&report).data));
    }
    buf_free(&report);
}

static bool model_look(const struct reload *reload, struct stat *manifest)
{
    char path[SETTING_TEXT_MAX + 32];
    snprintf(path, sizeof path, "%s/manifest.json", reload->settings->model_dir);
    return stat(path, manifest) == 0;
}

/* Puts the model on the shelf and lets it answer from now on. */
static enum status model_take(struct reload *reload, char reason[REASON_MAX + 1])
{
    struct shelved_model model;
    if (!model_look(reload, &reload->model_seen))
        reload->model_seen = (struct stat){0};
    enum status status =
        shelved_model_put(reload->shelf, reload->settings->model_dir, &model, reason);
    if (status == STATUS_OK)
        status = trained_source_publish(&reload->trained, reload->model_form, &model, reason);
    if (status == STATUS_OK)
        metric_tell(INFO_model, model.name);
    return status;
}

enum status reload_read_model(struct reload *reload, unsigned uses, struct buf *faults)
{
    const struct settings *settings = reload->settings;
    char reason[REASON_MAX + 1];
    bool here = (uses & USES_MODEL) != 0 ||
                ((uses & USES_SCORER) != 0 && settings->credit_analysis_service_url[0] == '\0');
    bool trained = here && reload_takes_model(settings, &reload->model_form);
    reload->watches_model = trained && settings->model_dir[0] != '\0';
    if (!trained || model_take(reload, reason) == STATUS_OK)
        return STATUS_OK;
    buf_printf(faults, "MODEL_DIR: %s\n", reason);
    return STATUS_INVALID;
}

static void model_refresh(struct reload *reload)
{
    char reason[REASON_MAX + 1];
    struct stat now;
    if (!reload->watches_model || !model_look(reload, &now) ||
        !file_changed(&reload->model_seen, &now))
        return;
    if (model_take(reload, reason) == STATUS_OK)
        log_info("model replaced", LOG_TEXT("model", reload->trained.model.name));
    else
        log_warn("model refused; the one before scores on", LOG_TEXT("reason", reason));
}

void reload_refresh(struct reload *reload, struct store *store)
{
    model_refresh(reload);
    pthread_mutex_lock(&reload->lock);
    policy_refresh(reload, store);
    pthread_mutex_unlock(&reload->lock);
}

static enum status challenger_take_policy(struct challenger *challenger, const char *path,
                                          struct buf *faults)
{
    struct policy_file *file = calloc(1, sizeof *file);
    enum status status = STATUS_UNAVAILABLE;
    if (file != NULL) {
        file->path = path;
        status = policy_read(file, faults);
        challenger->policy = file->policy;
        challenger->has_policy = true;
    }
    free(file);
    return status;
}

static enum status challenger_take_model(struct challenger *challenger,
                                         struct trained_source *source, const char *path,
                                         const char *shelf, struct buf *faults)
{
    char reason[REASON_MAX + 1];
    struct shelved_model model;
    enum status status = shelved_model_put(shelf, path, &model, reason);
    if (status != STATUS_OK) {
        buf_printf(faults, "%s: %s\n", path, reason);
        return status;
    }
    trained_source_init(source);
    status = trained_source_publish(source, TRAINED_TREES, &model, reason);
    return status == STATUS_OK ? scorer_trained_open(source, &challenger->model) : status;
}

/* A subfolder is a challenger, named by it, and holds model/ (written by `ecs train`), policy.json,
 * or both. */
static enum status challenger_take(struct reload *reload, const char *name, struct buf *faults)
{
    char model[SHELF_PATH_MAX + 1], policy[SHELF_PATH_MAX + 1];
    const char *path = reload->settings->challengers_dir;
    struct challengers *challengers = &reload->challengers;
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
    struct trained_source *source = &reload->challenger_models[challengers->count];
    challengers->count++;
    snprintf(challenger->name, sizeof challenger->name, "%s", name);
    enum status status = STATUS_OK;
    if (has_policy)
        status = challenger_take_policy(challenger, policy, faults);
    if (status == STATUS_OK && has_model)
        status = challenger_take_model(challenger, source, model, reload->shelf, faults);
    return status;
}

/* Appends a line for each challenger that is at fault. */
static enum status challengers_take(struct reload *reload, struct buf *faults)
{
    struct dirent **entries;
    int count = scandir(reload->settings->challengers_dir, &entries, NULL, alphasort);
    if (count < 0) {
        buf_printf(faults, "%s: %s\n", reload->settings->challengers_dir, strerror(errno));
        return STATUS_INVALID;
    }
    enum status worst = STATUS_OK;
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.' &&
            challenger_take(reload, entries[i]->d_name, faults) != STATUS_OK)
            worst = STATUS_INVALID;
        free(entries[i]);
    }
    free(entries);
    return worst;
}

enum status reload_read_challengers(struct reload *reload, unsigned uses, struct buf *faults)
{
    struct buf lines;
    if ((uses & USES_CHALLENGERS) == 0 || reload->settings->challengers_dir[0] == '\0')
        return STATUS_OK;
    assert(reload->challengers.count == 0);
    buf_init(&lines, POLICY_REPORT_MAX);
    enum status status = challengers_take(reload, &lines);
    if (status != STATUS_OK)
        buf_printf(faults, "CHALLENGERS_DIR: there are faults:\n%s", buf_slice(&lines).data);
    buf_free(&lines);
    return status;
}

void reload_close(struct reload *reload)
{
    struct challengers *challengers = &reload->challengers;
    while (challengers->count > 0) {
        struct challenger *challenger = &challengers->list[--challengers->count];
        if (challenger->model != NULL)
            scorer_close(challenger->model);
        trained_source_close(&reload->challenger_models[challengers->count]);
    }
    trained_source_close(&reload->trained);
}
