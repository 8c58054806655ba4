/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs serve`: the seven roles, and what a process needs for those that it runs.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "commands/command.h"
#include "commands/options.h"
#include "commands/toolbox.h"
#include "process/log.h"
#include "runner/runner.h"

static const struct role *const all_roles[] = {
    &role_emotion_ingestion,      &role_transaction_ingestion, &role_emotion_processing,
    &role_transaction_processing, &role_credit_analysis,       &role_user_credit,
    &role_credit_application,
};
enum { ROLE_COUNT = sizeof all_roles / sizeof all_roles[0] };

void command_put_roles(const void *context, struct buf *out)
{
    (void)context;
    for (size_t i = 0; i < ROLE_COUNT; i++)
        buf_printf(out, "  %-24s %s\n", all_roles[i]->name, all_roles[i]->summary);
}

static struct needs needs_of(const struct role *const roles[], size_t count)
{
    struct needs needs = {.service = count == 1 ? roles[0]->name : ""};
    for (size_t i = 0; i < count; i++) {
        needs.uses |= roles[i]->uses;
        for (size_t k = 0; k < roles[i]->endpoint_count; k++) {
            const struct endpoint *endpoint = &roles[i]->endpoints[k];
            needs.uses |= USES_CACHE; /* request rates are shared through it */
            needs.internal |= endpoint_auth_takes_internal_key(endpoint->auth);
            if (endpoint_auth_takes_token(endpoint->auth)) {
                needs.tokens = true;
                needs.uses |= USES_STORE; /* revoked tokens are read from it */
            }
        }
    }
    return needs;
}

struct role_choice {
    const struct role *roles[ROLE_COUNT];
    size_t count;
};

/* --role */
static bool role_take(void *context, const char *name)
{
    struct role_choice *choice = context;
    const struct role *role = NULL;
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (strcmp(all_roles[i]->name, name) == 0)
            role = all_roles[i];
    if (role == NULL) {
        fprintf(stderr, "ecs serve: no role is named %s; see ecs serve --help\n", name);
        return false;
    }
    for (size_t i = 0; i < choice->count; i++)
        if (choice->roles[i] == role)
            return true;
    choice->roles[choice->count++] = role;
    return true;
}

static int serve(struct toolbox *toolbox, const struct role *const roles[], size_t count)
{
    struct needs needs = needs_of(roles, count);
    int result = toolbox_open(toolbox, &needs);
    if (result != EX_OK)
        return result;
    struct engines *engines = &toolbox->engines;
    struct runner_options options = {
        .settings = &toolbox->settings,
        .roles = roles,
        .role_count = count,
        .uses = needs.uses,
        .internal_keys = engines->secrets.keys,
        .bus = engines->bus,
        .revocations = engines->revocations,
        .clock = engines->clock,
        .entropy = engines->entropy,
        .context_open = engines_context_open,
        .context_close = engines_context_close,
        .schema_prepare = engines_schema_prepare,
        .refresh = engines_refresh,
        .engines = engines,
    };
    result = runner_run(&options);
    toolbox_close(toolbox);
    return result;
}

int command_serve(int argc, char **argv)
{
    static struct toolbox toolbox;
    struct role_choice choice = {.count = 0};
    const struct command_option known[] = {{"--role", .take = role_take, .context = &choice}, {0}};
    if (!options_read(argc, argv, known, NULL))
        return EX_USAGE;
    if (choice.count == 0) {
        memcpy(choice.roles, all_roles, sizeof all_roles);
        choice.count = ROLE_COUNT;
    }
    log_to_stdout();
    runner_block_signals();
    return serve(&toolbox, choice.roles, choice.count);
}
