/* SPDX-License-Identifier: Apache-2.0 */
#include "store/postgres_check.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "process/steady.h"

enum { SQLSTATE_LENGTH = 5 };

static bool option_is_sound(const PQconninfoOption *option)
{
    if (option->val == NULL)
        return true;
    if (strcmp(option->keyword, "port") == 0)
        return option->val[strspn(option->val, "0123456789,")] == '\0';
    bool place = strcmp(option->keyword, "host") == 0 || strcmp(option->keyword, "dbname") == 0;
    return !place || strchr(option->val, '@') == NULL;
}

bool postgres_check_url(const char *url)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    bool sound = options != NULL;
    for (size_t i = 0; sound && strstr(url, "://") != NULL && options[i].keyword != NULL; i++)
        sound = option_is_sound(&options[i]);
    PQconninfoFree(options);
    return sound;
}

/* A line of libpq's that only explains the one before. */
static bool line_explains(const char *line)
{
    static const char *const heads[] = {"\t", "DETAIL:", "HINT:", "LOCATION:"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        if (strncmp(line, heads[i], strlen(heads[i])) == 0)
            return true;
    return false;
}

void postgres_check_words(const PGconn *connection, char reason[REASON_MAX + 1])
{
    const char *last = PQerrorMessage(connection), *database = PQdb(connection);
    for (const char *line = last; *line != '\0'; line += *line == '\n') {
        if (!line_explains(line))
            last = line;
        line += strcspn(line, "\n");
    }
    snprintf(reason, REASON_MAX + 1, "database \"%s\": %.*s", database == NULL ? "" : database,
             (int)strcspn(last, "\n"), last);
}

/* The SQLSTATE in the last words of a verbose connection, whatever language the server speaks. */
static const char *sqlstate_in(const char *reason)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (const char *at = reason; (at = strstr(at, ":  ")) != NULL; at++) {
        const char *state = at + 3;
        if (strspn(state, digits) == SQLSTATE_LENGTH && state[SQLSTATE_LENGTH] == ':')
            return state;
    }
    return "";
}

static bool will_not_heal(const PGconn *connection, const char *reason)
{
    static const char *const states[] = {
        "28",    /* the password, the user, or the server's rules */
        "3D000", /* no such database */
        "42501", /* the user may not use it */
    };
    const char *state = sqlstate_in(reason);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strncmp(state, states[i], strlen(states[i])) == 0)
            return true;
    return PQconnectionNeedsPassword(connection);
}

/* True once it is connected or has failed; false at the end of the time. */
static bool connect_step(PGconn *connection)
{
    int64_t deadline_us = steady_now_us() + STORE_CONNECT_S * SECOND_US;
    PostgresPollingStatusType step = PGRES_POLLING_WRITING;
    while (step == PGRES_POLLING_WRITING || step == PGRES_POLLING_READING) {
        int64_t left_us = deadline_us - steady_now_us();
        struct pollfd wait = {.fd = PQsocket(connection),
                              .events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        if (left_us <= 0)
            return false;
        if (poll(&wait, 1, (int)(left_us / 1000 + 1)) > 0)
            step = PQconnectPoll(connection);
    }
    return true;
}

enum status postgres_check(const char *url, char reason[REASON_MAX + 1])
{
    const char *const keys[] = {"fallback_application_name", "dbname", NULL};
    const char *const values[] = {"ecs", url, NULL};
    enum status status = STATUS_UNAVAILABLE;
    PGconn *connection = PQconnectStartParams(keys, values, 1);
    PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
    bool ended = PQstatus(connection) == CONNECTION_BAD || connect_step(connection);
    if (!ended) {
        snprintf(reason, REASON_MAX + 1, "database \"%s\": %s:%s does not answer within %d s",
                 PQdb(connection), PQhost(connection), PQport(connection), STORE_CONNECT_S);
    } else if (PQstatus(connection) == CONNECTION_OK) {
        status = STATUS_OK;
    } else {
        postgres_check_words(connection, reason);
        if (will_not_heal(connection, reason))
            status = STATUS_INVALID;
    }
    PQfinish(connection);
    return status;
}
