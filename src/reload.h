/* SPDX-License-Identifier: Apache-2.0
 *
 * What people edit in files: the policy and the model, which are taken over anew while the system
 * runs, and the challengers, which are read at the start.
 */
#ifndef ECS_RELOAD_H
#define ECS_RELOAD_H

#include <pthread.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "ports/clock.h"
#include "ports/scorer.h"
#include "roles/role.h"
#include "scorers/trained.h"
#include "settings.h"

/* A policy in a file. */
struct policy_file {
    const char *path;                /* or the name of one that is built in and never changes */
    struct stat seen;                /* the file, as it was read last */
    char text[POLICY_BYTES_MAX + 1]; /* of `policy` */
    struct policy policy;
};

struct reload {
    const struct settings *settings;
    struct clock *clock;
    bool decides;                       /* policies are kept in the store before they decide */
    char currency[CURRENCY_LENGTH + 1]; /* of all amounts; settled once, by the first policy */
    struct policy_source policies;
    pthread_mutex_t lock; /* guards the next two once threads run */
    /* The chosen one; or, if none was, those for other scores and for calibrated ones. */
    struct policy_file policy_files[2];
    bool policy_kept;
    struct trained_source trained;
    enum trained_form model_form;      /* what of the model answers, if one does */
    char shelf[SETTING_TEXT_MAX + 16]; /* folder of all models that were worked with */
    bool watches_model;
    struct stat model_seen;         /* its manifest, as it was read last */
    struct challengers challengers; /* their scorers are its own */
    struct trained_source challenger_models[CHALLENGERS_MAX];
};

/* A scorer of settings that is a model of a folder, in that form. */
bool reload_takes_model(const struct settings *settings, enum trained_form *form);

/* `reload` is zeroed before. `decides`: the process decides by the policies. */
void reload_init(struct reload *reload, const struct settings *settings, struct clock *clock,
                 bool decides);
/* Each reads its files the first time. INVALID: `faults` has a line for each that is at fault. The
 * model and the challengers only if `uses`, of enum role_uses, has need of them. */
MUST_CHECK enum status reload_read_policy(struct reload *reload, struct buf *faults);
MUST_CHECK enum status reload_read_model(struct reload *reload, unsigned uses, struct buf *faults);
MUST_CHECK enum status reload_read_challengers(struct reload *reload, unsigned uses,
                                               struct buf *faults);
/* Keeps the policies in a store that has just become usable. */
void reload_keep_policies(struct reload *reload, struct store *store);
/* Takes over what has changed in the files of the policy and the model; what has faults is refused
 * in the log, and the one before stays. `store` may be NULL. Any thread. */
void reload_refresh(struct reload *reload, struct store *store);
void reload_close(struct reload *reload);

#endif
