/* SPDX-License-Identifier: Apache-2.0 */
#include "scale_children.h"

#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands/client.h"
#include "process/steady.h"

enum {
    POLL_MS = 10,
    START_TRIES = 30000 / POLL_MS,
    END_TRIES = 10000 / POLL_MS, /* twice what a process takes at most to drain */
    LOG_SIZE = 16 * 1024,
    STAT_SIZE = 1024,
    PATH_SIZE = 4096,
};

static void poll_pause(void)
{
    steady_pause(POLL_MS * 1000);
}

/* The end of what the process wrote, or its beginning. */
static void log_read(const struct child *child, bool end, char text[LOG_SIZE])
{
    off_t size = lseek(child->log, 0, SEEK_END);
    off_t from = end && size >= LOG_SIZE ? size - LOG_SIZE + 1 : 0;
    ssize_t got = pread(child->log, text, LOG_SIZE - 1, from);
    text[got < 0 ? 0 : got] = '\0';
}

static enum status fail(const struct child *child, const char *what)
{
    char text[LOG_SIZE];
    log_read(child, true, text);
    fprintf(stderr, "scale: a process %s; it logged:\n%s", what, text);
    return STATUS_UNAVAILABLE;
}

/* Starting -------------------------------------------------------------------------------- */

/* This process's environment with what a child needs in front: the first of a name counts. NULL:
 * memory is out. The caller frees the array. */
static char **environment_make(void)
{
    static char *const own[] = {"LISTEN=127.0.0.1:0", "LOG_LEVEL=info",
                                "RATE_REQUESTS_PER_SECOND=1000000",
                                "RATE_PERSON_REQUESTS_PER_SECOND=1000000"};
    size_t count = 0, added = sizeof own / sizeof own[0];
    while (environ[count] != NULL)
        count++;
    char **made = malloc((count + added + 1) * sizeof made[0]);
    if (made == NULL)
        return NULL;
    memcpy(made, own, sizeof own);
    memcpy(made + added, environ, (count + 1) * sizeof made[0]);
    return made;
}

/* ecs, which is built into the folder above this program's. False: /proc does not tell where that
 * is. */
static bool binary_find(char path[PATH_SIZE])
{
    static const char name[] = "/ecs";
    ssize_t size = readlink("/proc/self/exe", path, PATH_SIZE - sizeof name);
    path[size < 0 ? 0 : size] = '\0';
    for (int i = 0; i < 2 && strrchr(path, '/') != NULL; i++)
        *strrchr(path, '/') = '\0';
    strcat(path, name);
    return size > 0;
}

static enum status child_spawn(struct child *child, const char *role)
{
    char binary[PATH_SIZE];
    char *arguments[] = {"ecs", "serve", "--role", (char *)role, NULL};
    char **environment = environment_make();
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failed = -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    child->log = memfd_create("log", MFD_CLOEXEC);
    if (environment != NULL && child->log >= 0 && binary_find(binary) &&
        posix_spawn_file_actions_adddup2(&actions, child->log, STDOUT_FILENO) == 0 &&
        posix_spawn_file_actions_adddup2(&actions, child->log, STDERR_FILENO) == 0 &&
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP) == 0)
        failed = posix_spawn(&child->pid, binary, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    free(environment);
    if (failed == 0)
        return STATUS_OK;
    if (child->log >= 0)
        close(child->log);
    fprintf(stderr, "scale: a process cannot be started\n");
    return STATUS_UNAVAILABLE;
}

/* The port stands in the log line that says it serves. */
static bool url_find(struct child *child)
{
    static const char key[] = "\"port\":";
    char text[LOG_SIZE];
    log_read(child, false, text);
    const char *line = strstr(text, "\"message\":\"serving\"");
    const char *port = line == NULL ? NULL : strstr(line, key);
    if (port == NULL || strchr(port, '\n') == NULL)
        return false;
    snprintf(child->url, sizeof child->url, "http://127.0.0.1:%d", atoi(port + strlen(key)));
    return true;
}

static enum status child_wait(struct child *child, const atomic_bool *stop)
{
    for (int tries = 0; tries < START_TRIES; tries++) {
        siginfo_t ended = {0};
        if (atomic_load(stop))
            return STATUS_TIMED_OUT;
        if (url_find(child))
            return STATUS_OK;
        /* It is left to be waited for by children_stop. */
        if (waitid(P_PID, (id_t)child->pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            ended.si_pid == child->pid)
            return fail(child, "ended at its start");
        poll_pause();
    }
    return fail(child, "does not serve");
}

enum status children_start(struct children *children, const char *role, size_t count)
{
    enum status status = STATUS_OK;
    children->count = 0;
    while (status == STATUS_OK && children->count < count) {
        status = child_spawn(&children->all[children->count], role);
        children->count += status == STATUS_OK;
    }
    if (status != STATUS_OK)
        (void)!children_stop(children);
    return status;
}

enum status children_wait(struct children *children, const atomic_bool *stop)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < children->count && status == STATUS_OK; i++)
        status = child_wait(&children->all[i], stop);
    return status;
}

/* Ending ---------------------------------------------------------------------------------- */

static enum status child_end(struct child *child)
{
    int ended = 0;
    pid_t got = 0;
    for (int tries = 0; tries < END_TRIES; tries++) {
        got = waitpid(child->pid, &ended, WNOHANG);
        if (got != 0)
            break;
        poll_pause();
    }
    if (got == 0) {
        kill(child->pid, SIGKILL);
        waitpid(child->pid, &ended, 0);
    }
    enum status status = got == child->pid && WIFEXITED(ended) && WEXITSTATUS(ended) == 0
                             ? STATUS_OK
                             : fail(child, "did not end well");
    close(child->log);
    return status;
}

enum status children_stop(struct children *children)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < children->count; i++)
        kill(children->all[i].pid, SIGTERM);
    for (size_t i = 0; i < children->count; i++)
        if (child_end(&children->all[i]) != STATUS_OK)
            status = STATUS_UNAVAILABLE;
    children->count = 0;
    return status;
}

/* Asking ---------------------------------------------------------------------------------- */

enum status children_metric(const struct children *children, const char *name,
                            const atomic_bool *stop, int64_t values[BENCH_PROCESSES_MAX])
{
    for (size_t i = 0; i < children->count; i++) {
        struct client *client;
        struct slice text;
        if (client_open(children->all[i].url, CLIENT_TIMEOUT_MS, stop, &client) != STATUS_OK)
            return STATUS_INTERNAL;
        bool answered = client_get(client, "/metrics", &text) != 0;
        const char *line = answered ? memmem(text.data, text.size, name, strlen(name)) : NULL;
        values[i] = line == NULL ? 0 : strtoll(line + strlen(name), NULL, 10);
        client_close(client);
        if (!answered)
            return fail(&children->all[i], "does not answer");
    }
    return STATUS_OK;
}

static bool file_read(const char *path, char text[STAT_SIZE])
{
    FILE *file = fopen(path, "r");
    size_t size = file == NULL ? 0 : fread(text, 1, STAT_SIZE - 1, file);
    if (file != NULL)
        fclose(file);
    text[size] = '\0';
    return size > 0;
}

static bool machine_read(struct bench_usage *usage)
{
    char text[STAT_SIZE];
    int64_t user, nice, system, idle, disk, hard, soft, stolen;
    if (!file_read("/proc/stat", text) ||
        sscanf(text,
               "cpu %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64
               " %" SCNd64 " %" SCNd64,
               &user, &nice, &system, &idle, &disk, &hard, &soft, &stolen) != 8)
        return false;
    usage->idle = idle + disk;
    usage->all = user + nice + system + idle + disk + hard + soft + stolen;
    return true;
}

/* Of all its threads. The fields are counted from behind the name, which may hold anything. */
static bool child_ticks(const struct child *child, int64_t *ticks)
{
    char path[64], text[STAT_SIZE];
    int64_t user, system;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)child->pid);
    const char *fields = file_read(path, text) ? strrchr(text, ')') : NULL;
    if (fields == NULL ||
        sscanf(fields, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNd64 " %" SCNd64, &user,
               &system) != 2)
        return false;
    *ticks += user + system;
    return true;
}

enum status children_usage(const struct children *children, struct bench_usage *usage)
{
    struct tms own;
    *usage = (struct bench_usage){0};
    bool good = machine_read(usage) && times(&own) != (clock_t)-1;
    for (size_t i = 0; i < children->count && good; i++)
        good = child_ticks(&children->all[i], &usage->ecs);
    if (!good)
        return STATUS_UNAVAILABLE;
    usage->load = own.tms_utime + own.tms_stime;
    return STATUS_OK;
}
