/* SPDX-License-Identifier: Apache-2.0 */
#include "process/log.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/json_put.h"
#include "process/steady.h"

enum { LINE_MAX_SIZE = 4096 };

static enum log_level lowest = LOG_INFO;
static int output = STDERR_FILENO;

/* A message and cause that a line was written for, and how often it came since. */
static struct cause {
    struct hash hash;
    int64_t due_us; /* when its next line may be written */
    int64_t times;
} causes[LOG_CAUSES_MAX];
static pthread_mutex_t causes_lock = PTHREAD_MUTEX_INITIALIZER;

void log_start(enum log_level level)
{
    lowest = level;
}

void log_to_stdout(void)
{
    output = STDOUT_FILENO;
}

/* A log line is the one place that reads the system's clock directly: it must tell when the
 * machine wrote it, even where a test turns the clock of the program. */
static int64_t wall_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

void log_write(enum log_level level, const char *message, const struct log_field fields[],
               size_t count)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    if (level < lowest)
        return;
    struct buf line;
    buf_init(&line, LINE_MAX_SIZE);
    json_put_open(&line, NULL, '{');
    json_put_time(&line, "time", wall_us());
    json_put_text(&line, "level", names[level]);
    json_put_text(&line, "message", message);
    for (size_t i = 0; i < count; i++) {
        if (fields[i].text != NULL)
            json_put_text(&line, fields[i].name, fields[i].text);
        else
            json_put_integer(&line, fields[i].name, fields[i].number);
    }
    json_put_close(&line, '}');
    buf_append(&line, "\n", 1);
    /* Nothing can be done about a log that cannot be written. */
    if (!line.overflowed && write(output, line.data, line.size) < 0)
        buf_clear(&line);
    buf_free(&line);
}

/* The place of a cause: its own, one whose time is over, or else one that it has to share. */
static struct cause *cause_find(const struct hash *hash, int64_t now_us)
{
    struct cause *over = NULL;
    for (size_t i = 0; i < LOG_CAUSES_MAX; i++) {
        if (memcmp(&causes[i].hash, hash, sizeof *hash) == 0)
            return &causes[i];
        if (causes[i].due_us <= now_us && over == NULL)
            over = &causes[i];
    }
    if (over == NULL)
        return &causes[hash->bytes[0] % LOG_CAUSES_MAX];
    *over = (struct cause){.hash = *hash};
    return over;
}

void log_write_seldom(enum log_level level, const char *cause, const char *message,
                      const struct log_field fields[], size_t count)
{
    struct log_field all[LOG_FIELDS_MAX + 1];
    struct hash hash = hash_of((const struct slice[]){slice_of(message), slice_of(cause)}, 2);
    int64_t now_us = steady_now_us(), times = 0;
    assert(count <= LOG_FIELDS_MAX);
    pthread_mutex_lock(&causes_lock);
    struct cause *found = cause_find(&hash, now_us);
    assert(found->times >= 0);
    found->times++;
    if (now_us >= found->due_us) {
        times = found->times;
        found->times = 0;
        found->due_us = now_us + LOG_SELDOM_US;
    }
    pthread_mutex_unlock(&causes_lock);
    if (times == 0)
        return;
    memcpy(all, fields, count * sizeof fields[0]);
    all[count] = LOG_INTEGER("times", times);
    log_write(level, message, all, count + 1);
}
