/* SPDX-License-Identifier: Apache-2.0
 *
 * hiredis 0.14.1 keeps time for each read, not for a call, and after a timeout the late reply
 * would answer the next command, with another person's data (hiredis #306). So the connection is
 * non-blocking, this file waits with a deadline of its own, and frees the connection on any error.
 * Nor has it TLS: OpenSSL reads and writes the socket here, and hiredis sees what is inside.
 */
#include "adapters/cache_redis.h"

/* OpenSSL takes it from <limits.h>, where our own stands in front of the system's. */
#define INT_MAX __INT_MAX__
#include <assert.h>
#include <errno.h>
#include <hiredis/hiredis.h>
#include <hiredis/sds.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "adapters/cache_redis_url.h"
#include "limits.h"
#include "process/log.h"
#include "process/steady.h"

enum {
    CHECK_US = SECOND_US,    /* of the one at the start */
    SENTINEL_US = 10000,     /* of that, for one Sentinel that may not answer */
    BACK_OFF_US = SECOND_US, /* after a failure */
    KEYS_MAX = 1024          /* in one DEL */
};

struct cache_redis {
    struct cache base;
    struct redis_url url;
    size_t sentinel;             /* of url.hosts: the one to be asked */
    redisContext *connection;    /* NULL: none */
    SSL_CTX *tls;                /* NULL: in the clear */
    SSL *secure;                 /* of the connection; NULL: none */
    int64_t deadline_us;         /* of the call under way */
    int64_t rest_until_us;       /* no attempt before */
    int64_t budget_us;           /* of one call */
    char reason[REASON_MAX + 1]; /* why the last connection could not be made, in Redis's words */
    bool refused;                /* and that waiting does not mend it */
};

static void disconnect(struct cache_redis *redis)
{
    SSL_free(redis->secure);
    redis->secure = NULL;
    redisFree(redis->connection);
    redis->connection = NULL;
}

static enum status fail(struct cache_redis *redis)
{
    disconnect(redis);
    if (redis->reason[0] != '\0')
        log_seldom(LOG_WARN, "", "cache unreachable", LOG_TEXT("engine", "redis"),
                   LOG_TEXT("reason", redis->reason));
    redis->rest_until_us = steady_now_us() + BACK_OFF_US;
    return STATUS_UNAVAILABLE;
}

/* Waits until the connection can be read or written. */
static bool wait_for(struct cache_redis *redis, short events)
{
    struct pollfd wanted = {.fd = redis->connection->fd, .events = events};
    for (;;) {
        int64_t left_us = redis->deadline_us - steady_now_us();
        if (left_us <= 0)
            return false;
        struct timespec left = {left_us / SECOND_US, left_us % SECOND_US * 1000};
        int ready = ppoll(&wanted, 1, &left, NULL);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
    }
}

/* True if a call of OpenSSL that answered `code` is done, or what it waits for has come. */
static bool tls_goes_on(struct cache_redis *redis, int code)
{
    int fault = code == 1 ? SSL_ERROR_NONE : SSL_get_error(redis->secure, code);
    ERR_clear_error(); /* what is left there would be taken for the next call's */
    return fault == SSL_ERROR_NONE || (fault == SSL_ERROR_WANT_READ && wait_for(redis, POLLIN)) ||
           (fault == SSL_ERROR_WANT_WRITE && wait_for(redis, POLLOUT));
}

/* Sends some of what was appended; `*done`: that was all. */
static bool send_some(struct cache_redis *redis, int *done)
{
    redisContext *connection = redis->connection;
    if (redis->tls == NULL)
        return wait_for(redis, POLLOUT) && redisBufferWrite(connection, done) == REDIS_OK;
    size_t sent = 0;
    int code = SSL_write_ex(redis->secure, connection->obuf, sdslen(connection->obuf), &sent);
    if (!tls_goes_on(redis, code))
        return false;
    if (sent > 0)
        sdsrange(connection->obuf, (int)sent, -1);
    *done = sdslen(connection->obuf) == 0;
    return true;
}

/* Sends what was appended. */
static bool send_all(struct cache_redis *redis)
{
    for (int done = 0; !done;) {
        if (!send_some(redis, &done))
            return false;
    }
    return true;
}

/* Hands on what has come, or waits for it. */
static bool receive_some(struct cache_redis *redis)
{
    redisContext *connection = redis->connection;
    if (redis->tls == NULL)
        return wait_for(redis, POLLIN) && redisBufferRead(connection) == REDIS_OK;
    char bytes[16384]; /* a record at a time */
    size_t size = 0;
    int code = SSL_read_ex(redis->secure, bytes, sizeof bytes, &size);
    return tls_goes_on(redis, code) &&
           (size == 0 || redisReaderFeed(connection->reader, bytes, size) == REDIS_OK);
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
        if (!receive_some(redis))
            return NULL;
    }
}

/* Whom the server must show to be. An address is looked for among the addresses of a certificate,
 * and is no name to be sent. */
static bool tls_expect(SSL *secure, const char *host)
{
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(secure), host) == 1 ||
           (SSL_set1_host(secure, host) == 1 && SSL_set_tlsext_host_name(secure, host) == 1);
}

/* True once the server has shown that it is the host; only then is anything said to it. */
static bool secured(struct cache_redis *redis, const char *host)
{
    assert(redis->secure == NULL);
    redis->secure = SSL_new(redis->tls);
    if (redis->secure == NULL || SSL_set_fd(redis->secure, redis->connection->fd) != 1 ||
        !tls_expect(redis->secure, host))
        return false;
    for (int code = 0; code != 1;) {
        code = SSL_connect(redis->secure);
        if (!tls_goes_on(redis, code))
            return false;
    }
    return true;
}

static bool connected(struct cache_redis *redis, const struct redis_host *host)
{
    int fault = ETIMEDOUT;
    socklen_t size = sizeof fault;
    assert(redis->connection == NULL && redis->secure == NULL);
    redis->connection = redisConnectNonBlock(host->name, host->port);
    const char *words = redis->connection == NULL ? "memory is out" : redis->connection->errstr;
    if (redis->connection != NULL && redis->connection->err == 0) {
        if (wait_for(redis, POLLOUT))
            getsockopt(redis->connection->fd, SOL_SOCKET, SO_ERROR, &fault, &size);
        if (fault == 0 && (redis->tls == NULL || secured(redis, host->name)))
            return true;
        words = fault != 0 ? strerror(fault) : "no TLS with a certificate that is trusted";
    }
    snprintf(redis->reason, sizeof redis->reason, "%.100s:%d: %.80s", host->name, host->port,
             words);
    return false;
}

/* Keeps what a server answered instead of what it should: Redis's code is the first word. */
static void answer_refused(struct cache_redis *redis, const redisReply *reply)
{
    static const char *const lasting[] = {"WRONGPASS", "NOAUTH", "NOPERM", "ERR"};
    static const char passing[] = "ERR max number of clients";
    const char *words = reply == NULL                      ? "no answer in time"
                        : reply->type == REDIS_REPLY_ERROR ? reply->str
                                                           : "an answer of another kind";
    const redisContext *connection = redis->connection;
    redis->refused = false;
    for (size_t i = 0; i < sizeof lasting / sizeof lasting[0]; i++)
        redis->refused |= strncmp(words, lasting[i], strlen(lasting[i])) == 0 &&
                          strncmp(words, passing, sizeof passing - 1) != 0;
    snprintf(redis->reason, sizeof redis->reason, "%.100s:%d: %.80s", connection->tcp.host,
             connection->tcp.port, words);
}

/* Tells who we are, and to a server which database we use. */
static bool greet(struct cache_redis *redis, int database)
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
    if (database != 0) {
        redisAppendCommand(connection, "SELECT %d", database);
        replies++;
    }
    if (replies > 0 && !send_all(redis))
        return false;
    while (replies-- > 0) {
        redisReply *reply = receive(redis);
        bool good = reply != NULL && reply->type == REDIS_REPLY_STATUS;
        if (!good)
            answer_refused(redis, reply);
        freeReplyObject(reply);
        if (!good)
            return false;
    }
    return true;
}

/* The first `count` elements of the reply to what was appended are strings; the caller frees it.
 * NULL: they are not, or nothing came. */
static redisReply *strings(struct cache_redis *redis, size_t count)
{
    redisReply *reply = send_all(redis) ? receive(redis) : NULL;
    bool good = reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements >= count;
    for (size_t i = 0; good && i < count; i++)
        good = reply->element[i]->type == REDIS_REPLY_STRING;
    if (good)
        return reply;
    answer_refused(redis, reply);
    freeReplyObject(reply);
    return NULL;
}

/* Asks one Sentinel where the master is. */
static bool sentinel_tells(struct cache_redis *redis, const struct redis_host *sentinel,
                           struct redis_host *master)
{
    redisReply *reply = NULL;
    if (connected(redis, sentinel) && greet(redis, 0)) {
        redisAppendCommand(redis->connection, "SENTINEL get-master-addr-by-name %s",
                           redis->url.master);
        reply = strings(redis, 2);
    }
    disconnect(redis);
    if (reply == NULL)
        return false;
    snprintf(master->name, sizeof master->name, "%s", reply->element[0]->str);
    master->port = (int)strtol(reply->element[1]->str, NULL, 10);
    freeReplyObject(reply);
    return true;
}

/* The first that answers is asked first the next time too. */
static bool master_found(struct cache_redis *redis, struct redis_host *master)
{
    int64_t deadline_us = redis->deadline_us;
    bool found = false;
    for (size_t i = 0; i < redis->url.host_count && !found && steady_now_us() < deadline_us; i++) {
        int64_t until_us = steady_now_us() + SENTINEL_US;
        redis->deadline_us = until_us < deadline_us ? until_us : deadline_us;
        assert(redis->sentinel < redis->url.host_count);
        found = sentinel_tells(redis, &redis->url.hosts[redis->sentinel], master);
        if (!found)
            redis->sentinel = (redis->sentinel + 1) % redis->url.host_count;
    }
    redis->deadline_us = deadline_us;
    return found;
}

/* A Sentinel may not know yet that the master has changed; the server itself does. */
static bool is_master(struct cache_redis *redis)
{
    redisAppendCommand(redis->connection, "ROLE");
    redisReply *reply = strings(redis, 1);
    bool master = reply != NULL && strcmp(reply->element[0]->str, "master") == 0;
    freeReplyObject(reply);
    return master;
}

static bool ready(struct cache_redis *redis)
{
    const struct redis_url *url = &redis->url;
    struct redis_host master;
    if (url->master[0] == '\0')
        return connected(redis, &url->hosts[0]) && greet(redis, url->database);
    return master_found(redis, &master) && connected(redis, &master) &&
           greet(redis, url->database) && is_master(redis);
}

/* Starts a call: its time runs, and there is a connection. */
static enum status begin(struct cache_redis *redis)
{
    int64_t now = steady_now_us();
    redis->deadline_us = now + redis->budget_us;
    if (redis->connection != NULL)
        return STATUS_OK;
    if (now < redis->rest_until_us)
        return STATUS_UNAVAILABLE;
    redis->reason[0] = '\0';
    redis->refused = false;
    return ready(redis) ? STATUS_OK : fail(redis);
}

/* The next reply to what was sent; the caller frees it. A server that has become a replica is left,
 * for another is the master now. */
static enum status answer(struct cache_redis *redis, redisReply **reply)
{
    *reply = receive(redis);
    if (*reply == NULL)
        return fail(redis);
    if ((*reply)->type != REDIS_REPLY_ERROR || strncmp((*reply)->str, "READONLY", 8) != 0)
        return STATUS_OK;
    freeReplyObject(*reply);
    return fail(redis);
}

/* Sends what was appended and receives its first reply. */
static enum status ask(struct cache_redis *redis, redisReply **reply)
{
    assert(redis->connection != NULL && (redis->tls == NULL) == (redis->secure == NULL));
    return send_all(redis) ? answer(redis, reply) : fail(redis);
}

/* The status of a reply of the type that a command must give, which is then freed. */
static enum status conclude(redisReply *reply, int type)
{
    enum status status = reply->type == type ? STATUS_OK : STATUS_UNAVAILABLE;
    freeReplyObject(reply);
    return status;
}

/* Takes the reply to each of the commands that were appended, in their order. Once the connection
 * is lost, so is the rest. */
static void ask_each(struct cache_redis *redis, struct cache_item items[], size_t count,
                     enum status (*take)(struct cache_item *item, redisReply *reply))
{
    redisReply *reply;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        if (status == STATUS_OK)
            status = i == 0 ? ask(redis, &reply) : answer(redis, &reply);
        items[i].status = status == STATUS_OK ? take(&items[i], reply) : status;
    }
}

static void all_are(struct cache_item items[], size_t count, enum status status)
{
    for (size_t i = 0; i < count; i++)
        items[i].status = status;
}

static enum status value_take(struct cache_item *item, redisReply *reply)
{
    if (reply->type == REDIS_REPLY_NIL) {
        freeReplyObject(reply);
        return STATUS_NOT_FOUND;
    }
    if (reply->type == REDIS_REPLY_STRING)
        buf_append(item->found, reply->str, reply->len);
    return conclude(reply, REDIS_REPLY_STRING);
}

/* Each a GET, for MGET does not tell a key that holds something else from one that is not there. */
static void get(struct cache *cache, struct cache_item items[], size_t count)
{
    struct cache_redis *redis = (struct cache_redis *)cache;
    enum status status = begin(redis);
    if (status != STATUS_OK) {
        all_are(items, count, status);
        return;
    }
    for (size_t i = 0; i < count; i++)
        redisAppendCommand(redis->connection, "GET %b", items[i].key, strlen(items[i].key));
    ask_each(redis, items, count, value_take);
}

static long long milliseconds(int64_t us)
{
    return us < 1000 ? 1 : us / 1000;
}

static enum status stored_take(struct cache_item *item, redisReply *reply)
{
    (void)item;
    return conclude(reply, REDIS_REPLY_STATUS);
}

static void set(struct cache *cache, struct cache_item items[], size_t count, int64_t life_us)
{
    struct cache_redis *redis = (struct cache_redis *)cache;
    enum status status = begin(redis);
    if (status != STATUS_OK) {
        all_are(items, count, status);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct cache_item *item = &items[i];
        redisAppendCommand(redis->connection, "SET %b %b PX %lld", item->key, strlen(item->key),
                           item->value.size == 0 ? "" : item->value.data, item->value.size,
                           milliseconds(life_us));
    }
    ask_each(redis, items, count, stored_take);
}

static enum status remove_some(struct cache_redis *redis, const char *const keys[], size_t count)
{
    const char *arguments[KEYS_MAX + 1] = {"DEL"};
    redisReply *reply;
    assert(count <= KEYS_MAX);
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
    if (status == STATUS_OK && reply->type != REDIS_REPLY_STATUS)
        answer_refused(redis, reply);
    return status != STATUS_OK ? status : conclude(reply, REDIS_REPLY_STATUS);
}

static void close_redis(struct cache *cache)
{
    struct cache_redis *redis = (struct cache_redis *)cache;
    disconnect(redis);
    SSL_CTX_free(redis->tls);
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

/* `ca_file`: what a server must be certified by; empty: whatever this machine trusts. INVALID: it
 * holds no certificates. */
static enum status tls_open(const char *ca_file, SSL_CTX **tls)
{
    *tls = SSL_CTX_new(TLS_client_method());
    if (*tls == NULL || SSL_CTX_set_min_proto_version(*tls, TLS1_2_VERSION) != 1)
        return STATUS_UNAVAILABLE;
    SSL_CTX_set_verify(*tls, SSL_VERIFY_PEER, NULL);
    /* What was appended may lie elsewhere when the rest of it is written. */
    SSL_CTX_set_mode(*tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    int found = ca_file[0] != '\0' ? SSL_CTX_load_verify_locations(*tls, ca_file, NULL)
                                   : SSL_CTX_set_default_verify_paths(*tls);
    return found == 1 ? STATUS_OK : STATUS_INVALID;
}

enum status cache_redis_open(const char *url, const char *ca_file, int64_t budget_us,
                             struct cache **cache)
{
    struct redis_url parsed;
    if (redis_url_parse(url, &parsed) != STATUS_OK)
        return STATUS_INVALID;
    struct cache_redis *redis = calloc(1, sizeof *redis);
    if (redis == NULL)
        return STATUS_UNAVAILABLE;
    redis->base.ops = &ops;
    redis->url = parsed;
    redis->budget_us = budget_us;
    enum status status = parsed.secure ? tls_open(ca_file, &redis->tls) : STATUS_OK;
    if (status != STATUS_OK) {
        close_redis(&redis->base);
        return status;
    }
    *cache = &redis->base;
    return STATUS_OK;
}

enum status cache_redis_check(const char *url, const char *ca_file, char reason[REASON_MAX + 1])
{
    struct cache *cache;
    strcpy(reason, "memory is out");
    enum status status = cache_redis_open(url, ca_file, CHECK_US, &cache);
    if (status != STATUS_OK)
        return status;
    struct cache_redis *redis = (struct cache_redis *)cache;
    status = ping(cache);
    if (status != STATUS_OK && redis->refused)
        status = STATUS_INVALID;
    strcpy(reason, redis->reason);
    cache_close(cache);
    return status;
}
