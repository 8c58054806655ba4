/* SPDX-License-Identifier: Apache-2.0
 *
 * A wrong clock for one process: preloaded, it moves the time of day by as many seconds as the file
 * CLOCK_SHIFT_FILE holds at that moment, and leaves the monotonic clock as it is, as an operator
 * does who sets the date. As in the kernel, a wait until a time of day ends when the clock that was
 * set says so.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { SLICE_NS = 10000000, SECOND_NS = 1000000000 };

static const volatile int64_t *shift_s;
static int (*real_gettime)(clockid_t, struct timespec *);
static int (*real_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);

__attribute__((constructor)) static void start(void)
{
    static const int64_t nothing = 0;
    const char *path = getenv("CLOCK_SHIFT_FILE");
    int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void *page =
        file < 0 ? MAP_FAILED : mmap(NULL, sizeof *shift_s, PROT_READ, MAP_SHARED, file, 0);
    if (file >= 0)
        close(file);
    *(void **)&real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    /* Without its version the oldest would be found, whose conditions are another structure. */
    *(void **)&real_timedwait = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    shift_s = page == MAP_FAILED ? &nothing : page;
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    if (shift_s == NULL)
        start();
    int result = real_gettime(id, now);
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
        now->tv_sec += *shift_s;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact;
    (void)zone;
    int result = clock_gettime(CLOCK_REALTIME, &exact);
    *now = (struct timeval){.tv_sec = exact.tv_sec, .tv_usec = exact.tv_nsec / 1000};
    return result;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL)
        *out = now.tv_sec;
    return now.tv_sec;
}

static int is_over(const struct timespec *now, const struct timespec *deadline)
{
    return now->tv_sec > deadline->tv_sec ||
           (now->tv_sec == deadline->tv_sec && now->tv_nsec >= deadline->tv_nsec);
}

/* glibc keeps in the condition which clock it goes by. */
static int is_monotonic(const pthread_cond_t *condition)
{
    return (condition->__data.__wrefs & 2) != 0;
}

/* In slices, so that a step of the clock is noticed by who waits already. */
int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict deadline)
{
    if (shift_s == NULL)
        start();
    if (is_monotonic(condition))
        return real_timedwait(condition, mutex, deadline);
    for (;;) {
        struct timespec now, slice;
        clock_gettime(CLOCK_REALTIME, &now);
        if (is_over(&now, deadline))
            return ETIMEDOUT;
        real_gettime(CLOCK_REALTIME, &slice);
        slice.tv_nsec += SLICE_NS;
        slice.tv_sec += slice.tv_nsec / SECOND_NS;
        slice.tv_nsec %= SECOND_NS;
        int result = real_timedwait(condition, mutex, &slice);
        if (result != ETIMEDOUT)
            return result;
    }
}
