/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/toolbox.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/log.h"

enum { FAULTS_MAX = 64 * 1024 };

int toolbox_load(struct toolbox *toolbox)
{
    struct buf faults;
    buf_init(&faults, FAULTS_MAX);
    enum status status = settings_load(&toolbox->settings, &faults);
    if (status != STATUS_OK)
        fprintf(stderr, "ecs: the configuration has faults:\n%s", buf_slice(&faults).data);
    log_start(toolbox->settings.log_threshold);
    buf_free(&faults);
    return status == STATUS_OK ? EX_OK : EX_CONFIG;
}

int toolbox_open(struct toolbox *toolbox, const struct needs *needs)
{
    struct buf faults;
    buf_init(&faults, FAULTS_MAX);
    enum status status = settings_load(&toolbox->settings, &faults);
    log_start(toolbox->settings.log_threshold);
    settings_warn();
    enum status opened = engines_open(&toolbox->engines, &toolbox->settings, needs, &faults);
    if (status != STATUS_OK && opened == STATUS_OK)
        engines_close(&toolbox->engines);
    int result = status != STATUS_OK || opened == STATUS_INVALID ? EX_CONFIG
                 : opened != STATUS_OK                           ? EX_UNAVAILABLE
                                                                 : EX_OK;
    if (faults.size > 0)
        fprintf(stderr, "ecs: %s:\n%s",
                result == EX_CONFIG ? "the configuration has faults" : "cannot start now",
                buf_slice(&faults).data);
    buf_free(&faults);
    return result;
}

int toolbox_open_store(struct toolbox *toolbox)
{
    int pending = 0;
    int result = toolbox_open(toolbox, &(struct needs){.uses = USES_STORE, .reads = true});
    if (result != EX_OK)
        return result;
    enum status status = engines_context_open(&toolbox->engines, USES_STORE, &toolbox->context);
    if (status == STATUS_OK)
        status = store_migrations_pending(toolbox->context.store, &pending);
    if (status == STATUS_OK && pending == 0)
        return EX_OK;
    if (status == STATUS_OK)
        fprintf(stderr, "ecs: the database lacks %d migrations: run ecs migrate first\n", pending);
    else
        fprintf(stderr, "ecs: the database cannot be read: %s\n", status_title(status));
    toolbox_close(toolbox);
    return EX_UNAVAILABLE;
}

void toolbox_close(struct toolbox *toolbox)
{
    engines_context_close(&toolbox->engines, &toolbox->context);
    engines_close(&toolbox->engines);
}
