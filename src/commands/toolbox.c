/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/toolbox.h"

#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

#include "process/log.h"
#include "store/store.h"
#include "wire/policy_json.h"

enum { FAULTS_MAX = 64 * 1024 };

/* The settings, with a line in `faults` for each that cannot be used. */
static enum status settings_take(struct toolbox *toolbox, struct buf *faults)
{
    buf_init(faults, FAULTS_MAX);
    enum status status = settings_load(&toolbox->settings, faults);
    log_start(toolbox->settings.log_threshold);
    return status;
}

/* Tells what hinders the start, if anything does; returns the exit status. */
static int faults_tell(struct buf *faults, int result)
{
    if (faults->size > 0)
        fprintf(stderr, "ecs: %s:\n%s",
                result == EX_CONFIG ? "the configuration has faults" : "cannot start now",
                buf_slice(faults).data);
    buf_free(faults);
    return result;
}

int toolbox_load(struct toolbox *toolbox)
{
    struct buf faults;
    enum status status = settings_take(toolbox, &faults);
    return faults_tell(&faults, status == STATUS_OK ? EX_OK : EX_CONFIG);
}

int toolbox_open(struct toolbox *toolbox, const struct needs *needs)
{
    struct buf faults;
    enum status status = settings_take(toolbox, &faults);
    settings_warn();
    enum status opened = engines_open(&toolbox->engines, &toolbox->settings, needs, &faults);
    if (status != STATUS_OK && opened == STATUS_OK)
        engines_close(&toolbox->engines);
    return faults_tell(&faults, status != STATUS_OK || opened == STATUS_INVALID ? EX_CONFIG
                                : opened != STATUS_OK                           ? EX_UNAVAILABLE
                                                                                : EX_OK);
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

static int work_do(struct toolbox *toolbox, int opened, int argc, char **argv, toolbox_work *work)
{
    if (opened != EX_OK)
        return opened;
    int result = work(argc, argv, toolbox);
    toolbox_close(toolbox);
    return result;
}

int toolbox_with(const struct needs *needs, int argc, char **argv, toolbox_work *work)
{
    struct toolbox toolbox = {0};
    return work_do(&toolbox, toolbox_open(&toolbox, needs), argc, argv, work);
}

int toolbox_with_store(int argc, char **argv, toolbox_work *work)
{
    struct toolbox toolbox = {0};
    return work_do(&toolbox, toolbox_open_store(&toolbox), argc, argv, work);
}

int toolbox_policy_read(const char *name_or_path, struct policy *policy)
{
    struct buf text, report;
    buf_init(&text, POLICY_BYTES_MAX);
    buf_init(&report, POLICY_REPORT_MAX);
    enum status status = policy_text_read(name_or_path, &text, &report);
    int result = status == STATUS_UNAVAILABLE ? EX_NOINPUT : EX_DATAERR;
    if (status == STATUS_OK)
        status = policy_parse(buf_slice(&text), name_or_path, policy, &report);
    if (report.size > 0)
        fputs(buf_slice(&report).data, stderr);
    if (report.overflowed)
        fprintf(stderr, "\necs: there are more faults than are shown\n");
    buf_free(&report);
    buf_free(&text);
    return status == STATUS_OK ? EX_OK : result;
}

static atomic_bool *stopped; /* set before its handler is */

static void on_signal(int number)
{
    (void)number;
    atomic_store(stopped, true);
}

void toolbox_stop_at_signals(atomic_bool *stop)
{
    struct sigaction action = {.sa_handler = on_signal};
    stopped = stop;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}
