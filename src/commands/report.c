/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/report.h"

#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "limits.h"
#include "process/steady.h"

static bool json;

void report_choose_json(void)
{
    json = true;
}

bool report_is_json(void)
{
    return json;
}

void report_begin(struct buf *report)
{
    buf_init(report, REPORT_MAX);
    json_put_open(report, NULL, '{');
}

void report_rounded(struct buf *report, const char *name, double value, int places)
{
    json_put_decimal(report, name, llround(value * pow(10, places)), places);
}

void report_end(struct buf *report)
{
    json_put_close(report, '}');
    if (report->overflowed)
        fprintf(stderr, "ecs: the report is longer than %d bytes\n", REPORT_MAX);
    else
        puts(buf_slice(report).data);
    buf_free(report);
}

/* How far it has come ---------------------------------------------------------------------- */

enum { BAR_MAX = 30, BAR_MIN = 5, TEXT_MAX = 256, COLUMNS = 80, PLAIN_PERIOD_S = 5 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char status_text[TEXT_MAX]; /* that stands on the terminal's last line */

/* Beside a report in JSON, which has standard output for itself, all goes to standard error. */
static FILE *output(void)
{
    return report_is_json() ? stderr : stdout;
}

static bool on_terminal(void)
{
    return isatty(fileno(output())) != 0;
}

/* Of the terminal. */
static int columns(void)
{
    struct winsize size;
    return ioctl(fileno(output()), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                              : COLUMNS;
}

/* With the lock held. A line that is longer than the terminal would be broken, and could not be
 * written over again: it is cut, the last column staying free for the cursor. Off a terminal a
 * status is a line of its own, now and then. */
static void status_write(const char *text, bool at_once)
{
    static int64_t written_us = INT64_MIN / 2;
    if (on_terminal()) {
        snprintf(status_text, sizeof status_text, "%.*s", columns() - 1, text);
        fprintf(output(), "\r\033[K%s", status_text);
    } else {
        int64_t now_us = steady_now_us();
        if (!at_once && now_us - written_us < PLAIN_PERIOD_S * SECOND_US)
            return;
        written_us = now_us;
        fprintf(output(), "%s\n", text);
    }
    fflush(output());
}

void report_progress(const char *what, int64_t done, int64_t total, int64_t rate)
{
    char bar[BAR_MAX + 4] = "", numbers[TEXT_MAX / 2], text[TEXT_MAX];
    int size = snprintf(numbers, sizeof numbers, "%lld of %lld, %lld/s", (long long)done,
                        (long long)total, (long long)rate);
    int width = columns() - size - (int)strlen("12345678 [] ") - 1;
    width = width > BAR_MAX ? BAR_MAX : width;
    if (on_terminal() && width >= BAR_MIN) {
        int filled = total > 0 && done < total ? (int)(done * width / total) : width;
        memset(bar, '.', sizeof bar - 1);
        memset(bar + 1, '#', (size_t)filled);
        bar[0] = '[';
        strcpy(bar + 1 + width, "] ");
    }
    snprintf(text, sizeof text, "%-8s %s%s", what, bar, numbers);
    pthread_mutex_lock(&lock);
    status_write(text, done == total);
    pthread_mutex_unlock(&lock);
}

void report_status(const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    pthread_mutex_lock(&lock);
    status_write(text, false);
    pthread_mutex_unlock(&lock);
}

void report_status_end(void)
{
    pthread_mutex_lock(&lock);
    if (on_terminal())
        fprintf(output(), "\r\033[K");
    status_text[0] = '\0';
    pthread_mutex_unlock(&lock);
}

void report_line(const char *format, ...)
{
    va_list arguments;
    pthread_mutex_lock(&lock);
    if (on_terminal())
        fprintf(output(), "\r\033[K");
    va_start(arguments, format);
    vfprintf(output(), format, arguments);
    va_end(arguments);
    fprintf(output(), "\n");
    if (on_terminal())
        fprintf(output(), "%s", status_text);
    fflush(output());
    pthread_mutex_unlock(&lock);
}
