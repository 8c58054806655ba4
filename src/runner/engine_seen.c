/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/engine_seen.h"

#include "base/json_put.h"
#include "limits.h"
#include "process/log.h"
#include "process/steady.h"

struct health engine_seen_ask(struct engine_seen *seen)
{
    struct health health = {.owed_since_us = &seen->owed_since_us};
    health_asks(&health);
    return health;
}

void engine_seen_note(struct engine_seen *seen, const char *engine, enum status status,
                      const struct health *health)
{
    int before = atomic_exchange(&seen->status, (int)status);
    atomic_store(&seen->cause, health->cause);
    atomic_store(&seen->missing, health->missing);
    if (health->durability != DURABILITY_UNKNOWN)
        atomic_store(&seen->durability, (int)health->durability);
    atomic_store(&seen->owed_since_us, 0);
    if ((before == STATUS_OK) == (status == STATUS_OK))
        return;
    if (status == STATUS_OK)
        log_info("engine is up", LOG_TEXT("engine", engine));
    else
        log_warn("engine is down", LOG_TEXT("engine", engine),
                 LOG_TEXT("cause", health->cause == NULL ? "" : health->cause));
}

static bool is_silent(struct engine_seen *seen)
{
    int64_t since_us = atomic_load(&seen->owed_since_us);
    return since_us != 0 && steady_now_us() - since_us >= ENGINE_SILENCE_US;
}

bool engine_seen_is_up(struct engine_seen *seen)
{
    return atomic_load(&seen->status) == STATUS_OK && !is_silent(seen);
}

static void write_text(struct buf *json, const char *name, const char *text)
{
    if (text != NULL)
        json_put_text(json, name, text);
}

void engine_seen_write(struct engine_seen *seen, const char *adapter, struct buf *json)
{
    json_put_open(json, NULL, '{');
    write_text(json, "engine", adapter);
    write_text(json, "status", engine_seen_is_up(seen) ? "up" : "down");
    write_text(json, "missing", atomic_load(&seen->missing));
    write_text(json, "cause", is_silent(seen) ? "it does not answer" : atomic_load(&seen->cause));
    write_text(json, "durability",
               durability_name((enum durability)atomic_load(&seen->durability)));
    json_put_close(json, '}');
}
