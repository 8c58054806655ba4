/* SPDX-License-Identifier: Apache-2.0 */
#include "postgres_server.h"

#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

/* Of the newest version that is installed. */
static void program_path(const char *name, char *path, size_t size)
{
    char pattern[64];
    glob_t found;
    snprintf(pattern, sizeof pattern, "/usr/lib/postgresql/*/bin/%s", name);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    snprintf(path, size, "%s", found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
}

static const struct passwd *account(void)
{
    return geteuid() == 0 ? getpwnam("postgres") : NULL;
}

static pid_t program_start(const char *const arguments[])
{
    const struct passwd *other = account();
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    if (other != NULL && (setgroups(0, NULL) != 0 || setgid(other->pw_gid) != 0 ||
                          setuid(other->pw_uid) != 0 || chdir("/") != 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execv(arguments[0], (char *const *)arguments);
    _exit(127);
}

static int answers(const struct postgres_server *server)
{
    char url[128];
    postgres_server_url(server, "postgres", url, sizeof url);
    PGconn *connection = PQconnectdb(url);
    int connected = PQstatus(connection) == CONNECTION_OK;
    PQfinish(connection);
    return connected;
}

void postgres_server_again(struct postgres_server *server)
{
    char program[128], data[96];
    program_path("postgres", program, sizeof program);
    snprintf(data, sizeof data, "%s/data", server->folder);
    const char *const arguments[] = {program,
                                     "-D",
                                     data,
                                     "-k",
                                     server->folder,
                                     "-c",
                                     "listen_addresses=",
                                     "-c",
                                     "fsync=off",
                                     "-c",
                                     "max_connections=50",
                                     "-c",
                                     "autovacuum=off",
                                     NULL};
    server->pid = program_start(arguments);
    for (int i = 0; i < 3000 && !answers(server); i++) {
        assert_int_equal(waitpid(server->pid, NULL, WNOHANG), 0);
        usleep(10000);
    }
    assert_true(answers(server));
}

void postgres_server_start(struct postgres_server *server)
{
    char program[128], data[96];
    snprintf(server->folder, sizeof server->folder, "/tmp/ecs-store-XXXXXX");
    assert_non_null(mkdtemp(server->folder));
    if (account() != NULL)
        assert_int_equal(chown(server->folder, account()->pw_uid, account()->pw_gid), 0);
    program_path("initdb", program, sizeof program);
    snprintf(data, sizeof data, "%s/data", server->folder);
    const char *const arguments[] = {
        program,           "-D", data, "-U", "ecs", "--auth=trust", "--no-sync", "--locale=C",
        "--encoding=UTF8", NULL};
    int result = -1;
    assert_true(waitpid(program_start(arguments), &result, 0) > 0);
    assert_int_equal(result, 0);
    postgres_server_again(server);
}

void postgres_server_stop(struct postgres_server *server, int signal)
{
    if (server->pid == 0)
        return;
    kill(server->pid, signal);
    waitpid(server->pid, NULL, 0);
    server->pid = 0;
}

void postgres_server_end(struct postgres_server *server)
{
    char command[96];
    postgres_server_stop(server, SIGINT);
    snprintf(command, sizeof command, "rm -rf '%s'", server->folder);
    assert_int_equal(system(command), 0);
}

void postgres_server_url(const struct postgres_server *server, const char *database, char *url,
                         size_t size)
{
    snprintf(url, size, "host=%s user=ecs dbname=%s", server->folder, database);
}
