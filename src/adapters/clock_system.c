/* SPDX-License-Identifier: Apache-2.0
 *
 * An answer tells the leader's time only as exactly as it was quick. While what is believed can be
 * true by the latest answer, it stays, so that time does not tremble.
 */
#include "adapters/clock_system.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/steady.h"
#include "limits.h"

static pthread_mutex_t following = PTHREAD_MUTEX_INITIALIZER;
static enum clock_leader followed; /* guarded by it */
/* The leader's time of day less the steady time; 0: nobody is followed. */
static _Atomic int64_t lead_us;

static int64_t machine_us(struct clock *clock)
{
    struct timespec now;
    (void)clock;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

static int64_t now_us(struct clock *clock)
{
    int64_t lead = atomic_load(&lead_us);
    return lead == 0 ? machine_us(clock) : steady_now_us() + lead;
}

static int64_t monotonic_us(struct clock *clock)
{
    (void)clock;
    return steady_now_us();
}

static const struct clock_ops ops = {
    .now_us = now_us,
    .monotonic_us = monotonic_us,
    .machine_us = machine_us,
};

struct clock *clock_system(void)
{
    static struct clock clock = {&ops};
    return &clock;
}

static void skew_tell(enum clock_leader leader, int64_t ahead_us)
{
    static const enum metric_label labels[] = {
        [CLOCK_OF_BUS] = LABEL_bus, [CLOCK_OF_STORE] = LABEL_store};
    static const char *const names[] = {[CLOCK_OF_BUS] = "bus", [CLOCK_OF_STORE] = "store"};
    metric_set(METRIC_clock_ahead_ms, labels[leader], ahead_us / 1000);
    if (llabs(ahead_us) > CLOCK_AHEAD_US_MAX)
        log_seldom(LOG_WARN, names[leader],
                   "this machine's clock is wrong, or an engine's: the engine's is believed",
                   LOG_TEXT("engine", names[leader]), LOG_INTEGER("ahead_ms", ahead_us / 1000));
}

void clock_system_follow(enum clock_leader leader, int64_t leader_us, int64_t asked_us,
                         int64_t answered_us)
{
    int64_t within_us = (answered_us - asked_us) / 2;
    int64_t lead = leader_us - asked_us - within_us;
    skew_tell(leader, machine_us(NULL) - steady_now_us() - lead);
    pthread_mutex_lock(&following);
    if (leader > followed ||
        (leader == followed && llabs(lead - atomic_load(&lead_us)) > within_us)) {
        atomic_store(&lead_us, lead);
        followed = leader;
    }
    pthread_mutex_unlock(&following);
}
