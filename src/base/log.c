/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <time.h>
#include <unistd.h>

#include "base/json_put.h"

enum { LINE_MAX_SIZE = 4096 };

static enum log_level lowest = LOG_INFO;
static int output = STDERR_FILENO;

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
    json_put_open(&line, '{');
    json_put_key(&line, "time");
    json_put_time(&line, wall_us());
    json_put_key(&line, "level");
    json_put_text(&line, names[level]);
    json_put_key(&line, "message");
    json_put_text(&line, message);
    for (size_t i = 0; i < count; i++) {
        json_put_key(&line, fields[i].name);
        if (fields[i].text != NULL)
            json_put_text(&line, fields[i].text);
        else
            json_put_integer(&line, fields[i].number);
    }
    json_put_close(&line, '}');
    buf_append(&line, "\n", 1);
    /* Nothing can be done about a log that cannot be written. */
    if (!line.overflowed && write(output, line.data, line.size) < 0)
        buf_clear(&line);
    buf_free(&line);
}
