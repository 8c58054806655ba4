/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs migrate`: brings the schema of the database up to date.
 */
#include <stdio.h>
#include <sysexits.h>

#include "commands/command.h"
#include "commands/report.h"
#include "commands/toolbox.h"
#include "store/store.h"

/* Another process that migrates is waited for. */
static enum status migrate(struct toolbox *toolbox, int *applied)
{
    enum status status = engines_context_open(&toolbox->engines, USES_STORE, &toolbox->context);
    if (status != STATUS_OK)
        return status;
    do
        status = store_migrate(toolbox->context.store, applied);
    while (status == STATUS_TIMED_OUT);
    return status;
}

static int migrate_and_tell(int argc, char **argv, struct toolbox *toolbox)
{
    int applied = 0;
    (void)argc, (void)argv;
    enum status status = migrate(toolbox, &applied);
    if (status != STATUS_OK) {
        fprintf(stderr, "ecs migrate: the database cannot be migrated: %s\n",
                status == STATUS_FORBIDDEN ? "this is not the login of its owner"
                                           : status_title(status));
        return EX_UNAVAILABLE;
    }
    if (report_is_json()) {
        struct buf report;
        report_begin(&report);
        json_put_integer(&report, "applied", applied);
        report_end(&report);
    } else {
        printf("%d migrations applied; the schema is current.\n", applied);
    }
    return EX_OK;
}

int command_migrate(int argc, char **argv)
{
    if (argc > 1)
        return command_misused(argv[0]);
    return toolbox_with(&(struct needs){.uses = USES_STORE}, argc, argv, migrate_and_tell);
}
