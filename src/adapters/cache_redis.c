/* SPDX-License-Identifier: Apache-2.0
 *
 * hiredis 0.14.1 keeps time for each read, not for a call, and after a timeout the late reply
 * would answer the next command, with another person's data (hiredis #306). So the connection is
 * non-blocking, this file waits with a deadline of its own, and frees the connection on any error.
 */
#include "adapters/cache_redis.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "adapters/cache_redis_url.h"
#include "adapters/clock_system.h"
#include "limits.h"

enum {
    BUDGET_US = 20000,       /* of one call, connecting included */
    BACK_OFF_US = SECOND_US, /* after a failure */
    KEYS_MAX = 1024          /* in one DEL */
};

struct cache_redis {
    struct cache base;
    struct redis_url url;
    redisContext *connection; /* NULL: none */
    int64_t deadline_us;      /* of the call under way */
    int64_t rest_until_us;    /* no attempt before */
};

static int64_t now_us(void)
{
    return clock_monotonic_us(clock_system());
}

static enum status fail(struct cache_redis *redis)
{
    if (redis->connection != NULL)
        redisFree(redis->connection);
    redis->connection = NULL;
    redis->rest_until_us = now_us() + BACK_OFF_US;
    return STATUS_UNAVAILABLE;
}

/* Waits until the connection can be read or written. */
static bool wait_for(struct cache_redis *redis, short events)
{
    struct pollfd wanted = {.fd = redis->connection->fd, .events = events};
    for (;;) {
        int64_t left_us = redis->deadline_us - now_us();
        if (left_us <= 0)
            return false;
        struct timespec left = {.tv_nsec = left_us * 1000};
        int ready = ppoll(&wanted, 1, &left, NULL);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
    }
}

/* Sends what was appended. */
static bool send_all(struct cache_redis *redis)
{
    for (int done = 0; !done;) {
        if (!wait_for(redis, POLLOUT) || redisBufferWrite(redis->connection, &done) != REDIS_OK)
            return false;
    }
    return true;
}

/* The next reply, owned by the caller; NULL if none came in time. */
static redisReply *receive(struct cache_redis *redis)
{
    void *reply = NULL;
    for (;;) {
        if (redisGetReplyFromReader(redis->connection, &reply) != REDIS_OK)
            return NULL;
        if (reply != NULL)
            return reply;
        if (!wait_for(redis, POLLIN) || redisBufferRead(redis->connection) != REDIS_OK)
            return NULL;
    }
}

static bool connected(struct cache_redis *redis)
{
    int fault = 0;
    socklen_t size = sizeof fault;
    redis->connection = redisConnectNonBlock(redis->url.host, redis->url.port);
    return redis->connection != NULL && redis->connection->err == 0 && wait_for(redis, POLLOUT) &&
           getsockopt(redis->connection->fd, SOL_SOCKET, SO_ERROR, &fault, &size) == 0 &&
           fault == 0;
}

/* Tells who we are and which database we use. */
static bool greet(struct cache_redis *redis)
{
    const struct redis_url *url = &redis->url;
    redisContext *connection = redis->connection;
    int replies = 0;
    if (url->password[0] != '\0') {
        if (url->user[0] != '\0')
            redisAppendCommand(connection, "AUTH %s %s", url->user, url->password);
        else
            redisAppendCommand(connection, "AUTH %s", url->password);
        replies++;
    }
    if (url->database != 0) {
        redisAppendCommand(connection, "SELECT %d", url->database);
        replies++;
    }
    if (replies > 0 && !send_all(redis))
        return false;
    while (replies-- > 0) {
        redisReply *reply = receive(redis);
        bool good = reply != NULL && reply->type == REDIS_REPLY_STATUS;
        if (reply != NULL)
            freeReplyObject(reply);
        if (!good)
            return false;
    }
    return true;
}

/* Starts a call: its time runs, and there is a connection. */
static enum status begin(struct cache_redis *redis)
{
    int64_t now = now_us();
    redis->deadline_us = now + BUDGET_US;
    if (redis->connection != NULL)
        return STATUS_OK;
    if (now < redis->rest_until_us)
        return STATUS_UNAVAILABLE;
    return connected(redis) && greet(redis) ? STATUS_OK : fail(redis);
}

/* Sends what was appended and receives its first reply; the caller frees it. */
static enum status ask(struct cache_redis *redis, redisReply **reply)
{
    *reply = send_all(redis) ? receive(redis) : NULL;
    return *reply == NULL ? fail(redis) : STATUS_OK;
}

/* The status of a reply of the type that a command must give, which is then freed. */
static enum status conclude(redisReply *reply, int type)
{
    enum status status = reply->type == type ? STATUS_OK : STATUS_UNAVAILABLE;
    freeReplyObject(reply);
    return status;
}

static enum status get(struct cache *cache, const char *key, struct buf *value)
{
    struct cache_redis *redis = (struct cache_redis *)cache;
    redisReply *reply;
    enum status status = begin(redis);
    if (status != STATUS_OK)
        return status;
    redisAppendCommand(redis->connection, "GET %b", key, strlen(key));
    status = ask(redis, &reply);
    if (status != STATUS_OK)
        return status;
    if (reply->type == REDIS_REPLY_NIL) {
        freeReplyObject(reply);
        return STATUS_NOT_FOUND;
    }
    if (reply->type == REDIS_REPLY_STRING)
        buf_append(value, reply->str, reply->len);
    return conclude(reply, REDIS_REPLY_STRING);
}

static long long milliseconds(int64_t us)
{
    return us < 1000 ? 1 : us / 1000;
}

static enum status set(struct cache *cache, const char *key, struct slice value, int64_t life_us)
{
    struct cache_redis *redis = (struct cache_redis *)cache;
    redisReply *reply;
    enum status status = begin(redis);
    if (status != STATUS_OK)
        return status;
    redisAppendCommand(redis->connection, "SET %b %b PX %lld", key, strlen(key),
                       value.size == 0 ? "" : value.data, value.size, milliseconds(life_us));
    status = ask(redis, &reply);
    return status != STATUS_OK ? status : conclude(reply, REDIS_REPLY_STATUS);
}

static enum status remove_some(struct cache_redis *redis, const char *const keys[], size_t count)
{
    const char *arguments[KEYS_MAX + 1] = {"DEL"};
    redisReply *reply;
    enum status status = begin(redis);
    if (status != STATUS_OK)
        return status;
    memcpy(arguments + 1, keys, count * sizeof keys[0]);
    redisAppendCommandArgv(redis->connection, (int)count + 1, arguments, NULL);
    status = ask(redis, &reply);
    return status != STATUS_OK ? status : conclude(reply, REDIS_REPLY_INTEGER);
}

static enum status remove_keys(struct cache *cache, const char *const keys[], size_t count)
{
    for (size_t first = 0; first < count; first += KEYS_MAX) {
        size_t some = count - first < KEYS_MAX ? count - first : KEYS_MAX;
        enum status status = remove_some((struct cache_redis *)cache, keys + first, some);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* A counter gets its end with NX, so that adding to it does not move the end. */
static enum status increment(struct cache *cache, const char *key, int64_t by, int64_t life_us,
                             int64_t *total)
{
    struct cache_redis *redis = (struct cache_redis *)cache;
    redisReply *reply, *expiry;
    enum status status = begin(redis);
    if (status != STATUS_OK)
        return status;
    redisAppendCommand(redis->connection, "INCRBY %b %lld", key, strlen(key), (long long)by);
    redisAppendCommand(redis->connection, "PEXPIRE %b %lld NX", key, strlen(key),
                       milliseconds(life_us));
    status = ask(redis, &reply);
    if (status != STATUS_OK)
        return status;
    expiry = receive(redis);
    if (expiry == NULL) {
        freeReplyObject(reply);
        return fail(redis);
    }
    *total = reply->integer;
    status = conclude(expiry, REDIS_REPLY_INTEGER);
    enum status counted = conclude(reply, REDIS_REPLY_INTEGER);
    return counted != STATUS_OK ? counted : status;
}

static enum status ping(struct cache *cache)
{
    struct cache_redis *redis = (struct cache_redis *)cache;
    redisReply *reply;
    enum status status = begin(redis);
    if (status != STATUS_OK)
        return status;
    redisAppendCommand(redis->connection, "PING");
    status = ask(redis, &reply);
    return status != STATUS_OK ? status : conclude(reply, REDIS_REPLY_STATUS);
}

static void close_redis(struct cache *cache)
{
    struct cache_redis *redis = (struct cache_redis *)cache;
    if (redis->connection != NULL)
        redisFree(redis->connection);
    explicit_bzero(&redis->url, sizeof redis->url);
    free(redis);
}

static const struct cache_ops ops = {
    .name = "redis",
    .get = get,
    .set = set,
    .remove = remove_keys,
    .increment = increment,
    .ping = ping,
    .close = close_redis,
};

enum status cache_redis_open(const char *url, struct cache **cache)
{
    struct redis_url parsed;
    if (redis_url_parse(url, &parsed) != STATUS_OK)
        return STATUS_INVALID;
    struct cache_redis *redis = calloc(1, sizeof *redis);
    if (redis == NULL)
        return STATUS_UNAVAILABLE;
    redis->base.ops = &ops;
    redis->url = parsed;
    *cache = &redis->base;
    return STATUS_OK;
}
