/* SPDX-License-Identifier: Apache-2.0
 *
 * A role: what it answers, what it consumes, what it does from time to time. All of it are step
 * functions over the store and ports: a role owns no thread, no socket and no clock, so all roles
 * can run in one thread under a manual clock, or each in processes of its own.
 *
 * Inside a step it is always: decode → domain → store → publish → outcome.
 */
#ifndef ECS_ROLES_ROLE_H
#define ECS_ROLES_ROLE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/revocations.h"
#include "auth/token.h"
#include "base/status.h"
#include "domain/event.h"
#include "domain/policy.h"
#include "ports/bus.h"
#include "ports/cache.h"
#include "ports/clock.h"
#include "ports/endpoint.h"
#include "ports/entropy.h"
#include "ports/scorer.h"
#include "ports/tracer.h"

/* The policy that decides now, and its successors: one source for all threads of a process, and a
 * copy for each, renewed when a newer policy was published. Whoever works with a copy works with
 * one policy from beginning to end. */
struct policy_source {
    pthread_mutex_t lock;
    _Atomic uint64_t version; /* 0: none was published yet */
    struct policy_choice choice;
};

struct policy_copy {
    uint64_t version;
    struct policy_choice choice;
};

void policy_source_init(struct policy_source *source);
void policy_source_publish(struct policy_source *source, const struct policy_choice *choice);
/* The newest choice; it is the copy's, until the next read into it. */
const struct policy_choice *policy_source_read(struct policy_source *source,
                                               struct policy_copy *copy);

/* The part of the configuration that roles see. */
struct role_settings {
    struct policy_source *policies;
    const struct token_keys *tokens;
    int64_t access_token_life_us;
    int64_t refresh_token_life_us;
    int64_t feature_cache_life_us;
    int64_t raw_life_us;
    const char *currency;          /* of all amounts */
    int64_t failed_logins_max;     /* of one account, before the next one waits */
    int64_t logins_per_second_max; /* for one address; so is the next */
    int64_t registrations_per_second_max;
    int64_t batch_max; /* events in one transaction */
};

/* What a step works with. One per thread: store, cache and scorer handles are not shared. What
 * no step of the role uses may be NULL. */
struct role_context {
    const struct role_settings *settings;
    struct store *store;
    struct cache *cache;
    struct scorer *scorer;           /* guarded by the breaker; perhaps another process */
    struct scorer *model;            /* in this process, unguarded */
    struct challengers *challengers; /* NULL: there are none */
    struct bus *bus;
    struct tracer *tracer; /* NULL: nobody collects spans */
    struct clock *clock;
    struct entropy *entropy;
    struct revocations *revocations;
    struct policy_copy policies; /* role_policies() renews it */
    struct hash policy_told;     /* that the process said last to decide by */
    int64_t score_us;            /* that a score took of late, on average; 0: there was none yet */
    void *scratch; /* scratch_size bytes of the step's definition, zeroed at first; or NULL */
};

/* What decides now; stays the same until the next call with this context. */
static inline const struct policy_choice *role_policies(struct role_context *context)
{
    return policy_source_read(context->settings->policies, &context->policies);
}

/* True if a call failed because an engine cannot be asked: then the next one fails as well. */
static inline bool role_is_cut_off(enum status status)
{
    return status == STATUS_UNAVAILABLE || status == STATUS_TIMED_OUT;
}

/* Consumes one batch of a stream: fetches up to `wait_us` long, applies, settles. `ended` counts
 * the messages that will not come again. Not OK: the infrastructure failed; the runner waits and
 * repeats. */
struct consumer_step {
    enum stream stream;
    size_t scratch_size;
    enum status (*step)(struct role_context *context, struct bus_consumer *consumer,
                        int64_t wait_us, size_t *ended);
};

/* Done every `period_us`. */
struct tick_step {
    const char *name; /* and its label in process/metrics.def */
    int64_t period_us;
    size_t scratch_size;
    enum status (*step)(struct role_context *context);
};

/* What the steps of a role work with; the others may be NULL in its context. */
enum role_uses {
    USES_BUS = 1,
    USES_STORE = 2,
    USES_CACHE = 4,
    USES_SCORER = 8,
    USES_MODEL = 16,
    USES_CHALLENGERS = 32
};

struct role {
    const char *name;
    const char *summary;
    unsigned uses;      /* of enum role_uses, or-ed */
    bool without_store; /* it does what it is for while the store is away */
    const struct endpoint *endpoints;
    size_t endpoint_count;
    const struct consumer_step *consumer; /* NULL: consumes nothing */
    const struct tick_step *ticks;
    size_t tick_count;
};

extern const struct role role_emotion_ingestion;
extern const struct role role_transaction_ingestion;
extern const struct role role_emotion_processing;
extern const struct role role_transaction_processing;
extern const struct role role_credit_analysis;
extern const struct role role_user_credit;
extern const struct role role_credit_application;

#endif
