/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/simulate_show.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 30, TEXT_MAX = 256, PLAIN_PERIOD_S = 5 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char status_text[TEXT_MAX]; /* that stands on the terminal's last line */

static bool on_terminal(void)
{
    return isatty(STDOUT_FILENO) != 0;
}

/* With the lock held. Off a terminal a status is a line of its own, now and then. */
static void status_write(const char *text, bool at_once)
{
    static time_t written;
    if (on_terminal()) {
        printf("\r\033[K%s", text);
        snprintf(status_text, sizeof status_text, "%s", text);
    } else {
        time_t now = time(NULL);
        if (!at_once && now - written < PLAIN_PERIOD_S)
            return;
        written = now;
        printf("%s\n", text);
    }
    fflush(stdout);
}

void show_progress(const char *what, int64_t done, int64_t total, int64_t rate)
{
    char bar[BAR_WIDTH + 1], text[TEXT_MAX];
    int filled = total > 0 ? (int)(done * BAR_WIDTH / total) : BAR_WIDTH;
    filled = filled > BAR_WIDTH ? BAR_WIDTH : filled;
    memset(bar, '#', (size_t)filled);
    memset(bar + filled, '.', (size_t)(BAR_WIDTH - filled));
    bar[BAR_WIDTH] = '\0';
    snprintf(text, sizeof text, "%-8s %s%s%s%lld of %lld, %lld/s", what, on_terminal() ? "[" : "",
             on_terminal() ? bar : "", on_terminal() ? "] " : "", (long long)done, (long long)total,
             (long long)rate);
    pthread_mutex_lock(&lock);
    status_write(text, done == total);
    pthread_mutex_unlock(&lock);
}

void show_status(const char *format, ...)
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

void show_end(void)
{
    pthread_mutex_lock(&lock);
    if (on_terminal())
        printf("\r\033[K");
    status_text[0] = '\0';
    pthread_mutex_unlock(&lock);
}

void show_line(const char *format, ...)
{
    va_list arguments;
    pthread_mutex_lock(&lock);
    if (on_terminal())
        printf("\r\033[K");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    if (on_terminal())
        printf("%s", status_text);
    fflush(stdout);
    pthread_mutex_unlock(&lock);
}
