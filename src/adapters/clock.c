/* SPDX-License-Identifier: Apache-2.0
 *
 * An answer tells the leader's time only as exactly as it was quick. While what is believed can be
 * true by the latest answer, it stays, so that time does not tremble.
 */
#include "adapters/clock.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "limits.h"
#include "process/log.h"
#include "process/metrics.h"
#include "process/steady.h"

static pthread_mutex_t following = PTHREAD_MUTEX_INITIALIZER;
static enum clock_leader followed; /* guarded by it */
static _Atomic int64_t lead_us;    /* the leader's time of day less carried_us() */

static int64_t read_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

/* Not the steady clock, which stands still while a machine sleeps. */
static int64_t carried_us(void)
{
    return read_us(CLOCK_BOOTTIME);
}

static int64_t machine_us(struct clock *clock)
{
    (void)clock;
    return read_us(CLOCK_REALTIME);
}

__attribute__((constructor)) static void start(void)
{
    atomic_store(&lead_us, machine_us(NULL) - carried_us());
}

static int64_t system_now_us(struct clock *clock)
{
    (void)clock;
    return carried_us() + atomic_load(&lead_us);
}

static int64_t monotonic_us(struct clock *clock)
{
    (void)clock;
    return steady_now_us();
}

static const struct clock_ops system_ops = {
    .now_us = system_now_us,
    .monotonic_us = monotonic_us,
    .machine_us = machine_us,
};

struct clock *clock_system(void)
{
    static struct clock clock = {&system_ops};
    return &clock;
}

static void skew_tell(enum clock_leader leader, int64_t ahead_us)
{
    static const enum metric_label labels[] = {LABEL_start, LABEL_bus, LABEL_store};
    static const char *const names[] = {"start", "bus", "store"};
    metric_set(METRIC_clock_ahead_us, labels[leader], ahead_us);
    if (llabs(ahead_us) > CLOCK_AHEAD_US_MAX)
        log_seldom(LOG_WARN, names[leader],
                   leader == CLOCK_OF_START
                       ? "this machine's clock was set: it is believed after the next start"
                       : "this machine's clock is wrong, or an engine's: the engine's is believed",
                   LOG_TEXT("engine", names[leader]), LOG_INTEGER("ahead_ms", ahead_us / 1000));
}

void clock_system_follow(enum clock_leader leader, int64_t leader_us, int64_t asked_us,
                         int64_t answered_us)
{
    assert(asked_us <= answered_us && leader != CLOCK_OF_START);
    int64_t within_us = (answered_us - asked_us) / 2, carried = carried_us();
    int64_t lead = leader_us + (steady_now_us() - asked_us - within_us) - carried;
    skew_tell(leader, machine_us(NULL) - carried - lead);
    pthread_mutex_lock(&following);
    if (leader > followed ||
        (leader == followed && llabs(lead - atomic_load(&lead_us)) > within_us)) {
        atomic_store(&lead_us, lead);
        followed = leader;
    }
    pthread_mutex_unlock(&following);
}

void clock_system_watch(void)
{
    pthread_mutex_lock(&following);
    bool leads = followed == CLOCK_OF_START;
    int64_t ahead_us = leads ? machine_us(NULL) - system_now_us(NULL) : 0;
    pthread_mutex_unlock(&following);
    skew_tell(CLOCK_OF_START, ahead_us);
}
