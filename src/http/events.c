/* SPDX-License-Identifier: Apache-2.0 */
#include "http/events.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { READ_BLOCK = 4096 };

/* All by the lock of struct events, but for the call while `running`, which is the handler's. */
struct event_stream {
    LIST_ENTRY(event_stream) place;
    struct events *events;
    struct call *call;
    bool running;   /* its handler runs, or waits for a thread */
    bool live;      /* the answer has started */
    bool suspended; /* its connection waits for something to send */
    bool stale;     /* there may be news since the handler last looked */
    bool ending;
    bool closed;     /* the client is gone */
    uint64_t number; /* of opening: larger is newer */
    struct buf out;
    size_t sent;
    int64_t last_sent_us; /* monotonic */
};

void events_init(struct events *events, struct pool *pool, struct clock *clock,
                 const struct revocations *revocations)
{
    *events = (struct events){.pool = pool, .clock = clock, .revocations = revocations};
    pthread_mutex_init(&events->lock, NULL);
}

void events_destroy(struct events *events)
{
    assert(LIST_EMPTY(&events->streams) && events->count == 0);
    pthread_mutex_destroy(&events->lock);
}

/* With the lock held, as what follows: streams that hold a place are in the list, and were opened
 * once. */
static bool events_sane(const struct events *events)
{
    return events->count <= HTTP_EVENT_STREAMS_MAX && events->count <= events->opened &&
           (events->count == 0 || !LIST_EMPTY(&events->streams));
}

static const struct principal *stream_principal(const struct event_stream *stream)
{
    return &stream->call->exchange.request.principal;
}

static void stream_resume(struct event_stream *stream)
{
    if (!stream->suspended)
        return;
    stream->suspended = false;
    MHD_resume_connection(stream->call->mhd);
}

/* Ends a stream; what it has still to send may take as long as any answer. It gives its place up
 * at once. */
static void stream_end(struct event_stream *stream)
{
    if (!stream->ending) {
        assert(!stream->closed && stream->events->count > 0);
        stream->ending = true;
        stream->events->count--;
        connection_deadline(stream->call->connection,
                            clock_monotonic_us(stream->events->clock) + HTTP_ANSWER_DEADLINE_US);
    }
    stream_resume(stream);
}

/* Ends a stream for another one. Its client asks again from the last whole frame it got, so what
 * waits to be sent need not wait. */
static void stream_evict(struct event_stream *stream)
{
    buf_free(&stream->out);
    stream->sent = 0;
    stream_end(stream);
}

/* Tells the streams that hold a place; how many they are. */
static size_t streams_held(const struct events *events,
                           struct event_stream *streams[HTTP_EVENT_STREAMS_MAX])
{
    size_t count = 0;
    struct event_stream *at;
    assert(events_sane(events));
    LIST_FOREACH(at, &events->streams, place) {
        if (!at->ending)
            streams[count++] = at;
    }
    assert(count == events->count);
    return count;
}

/* Ends the streams whose client has hung up: a connection that waits for something to send is not
 * watched by libmicrohttpd. */
static void end_those_gone(struct events *events)
{
    struct pollfd fds[HTTP_EVENT_STREAMS_MAX];
    struct event_stream *streams[HTTP_EVENT_STREAMS_MAX];
    nfds_t count = streams_held(events, streams);
    for (nfds_t i = 0; i < count; i++)
        fds[i] = (struct pollfd){.fd = streams[i]->call->connection->fd, .events = POLLRDHUP};
    if (poll(fds, count, 0) <= 0)
        return;
    for (nfds_t i = 0; i < count; i++)
        if (fds[i].revents != 0)
            stream_evict(streams[i]);
}

/* By person, the oldest first. */
static int stream_compare(const void *left, const void *right)
{
    const struct event_stream *a = *(struct event_stream *const *)left;
    const struct event_stream *b = *(struct event_stream *const *)right;
    int order =
        memcmp(&stream_principal(a)->user_id, &stream_principal(b)->user_id, sizeof(struct uuid));
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

/* How many streams a person has, and the oldest of them. */
struct holding {
    size_t count;
    struct event_stream *oldest; /* NULL: none */
};

/* What this person has, and what the one has who has most. */
static void find_holdings(const struct events *events, const struct uuid *user_id,
                          struct holding *own, struct holding *most)
{
    struct event_stream *streams[HTTP_EVENT_STREAMS_MAX];
    size_t count = streams_held(events, streams);
    *own = *most = (struct holding){0};
    qsort(streams, count, sizeof(struct event_stream *), stream_compare);
    for (size_t i = 0, next; i < count; i = next) {
        const struct uuid *holder = &stream_principal(streams[i])->user_id;
        next = i + 1;
        while (next < count && uuid_equal(&stream_principal(streams[next])->user_id, holder))
            next++;
        struct holding holding = {next - i, streams[i]};
        if (holding.count > most->count)
            *most = holding;
        if (uuid_equal(holder, user_id))
            *own = holding;
    }
}

/* Makes room for one more stream of a person, if need be by ending another: their own oldest when
 * they have all they may have, or, when all places are taken, the oldest of whoever has most and
 * would still have no less than they. False: there is none to end. */
static bool make_room(struct events *events, const struct uuid *user_id)
{
    struct holding own, most;
    end_those_gone(events);
    find_holdings(events, user_id, &own, &most);
    struct event_stream *victim = own.oldest;
    if (own.count < HTTP_EVENT_STREAMS_PER_PERSON_MAX) {
        if (events->count < HTTP_EVENT_STREAMS_MAX)
            return true;
        if (most.count >= own.count + 2)
            victim = most.oldest;
    }
    if (victim == NULL)
        return false;
    stream_evict(victim);
    return true;
}

enum status events_reserve(struct events *events, struct call *call)
{
    struct event_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return STATUS_UNAVAILABLE;
    stream->events = events;
    stream->call = call;
    stream->running = true;
    buf_init(&stream->out, 2 * HTTP_EVENT_BUFFER_MAX);
    call->exchange.response.body.max = HTTP_EVENT_BUFFER_MAX;
    pthread_mutex_lock(&events->lock);
    assert(call->stream == NULL);
    bool taken = !events->ending && make_room(events, &call->exchange.request.principal.user_id);
    if (taken) {
        LIST_INSERT_HEAD(&events->streams, stream, place);
        events->count++;
        stream->number = ++events->opened;
        call->stream = stream;
        assert(events_sane(events));
    }
    pthread_mutex_unlock(&events->lock);
    if (taken)
        return STATUS_OK;
    free(stream);
    return STATUS_UNAVAILABLE;
}

static void stream_free(struct event_stream *stream)
{
    call_free(stream->call);
    buf_free(&stream->out);
    free(stream);
}

void events_close(struct events *events, struct event_stream *stream)
{
    pthread_mutex_lock(&events->lock);
    assert(events_sane(events) && !stream->closed);
    LIST_REMOVE(stream, place);
    if (!stream->ending)
        events->count--;
    stream->closed = true;
    assert(events_sane(events));
    bool in_use = stream->live && stream->running;
    pthread_mutex_unlock(&events->lock);
    if (!in_use)
        stream_free(stream);
}

/* Takes over what the handler wrote, up to the last whole frame. */
static void stream_absorb(struct event_stream *stream)
{
    struct response *response = &stream->call->exchange.response;
    struct buf *body = &response->body;
    assert(!stream->running && !stream->closed);
    if (response->http_status >= 300) {
        /* It could not look; it will at the next tick. */
        response->http_status = endpoint_success(stream->call->endpoint);
        response->content_type = NULL;
        stream->stale = true;
    } else if (body->size > 0) {
        size_t size = body->size;
        if (body->overflowed) {
            /* The client asks again from the last frame it got. */
            while (size > 0 && (size < 2 || memcmp(body->data + size - 2, "\n\n", 2) != 0))
                size--;
            stream_end(stream);
        }
        buf_append(&stream->out, body->data, size);
        stream->stale = true; /* there may be more than it could write at once */
    }
    buf_clear(body);
}

static void stream_run(struct role_context *context, void *argument);
static void stream_expired(void *argument);

/* Lets the handler look, if it has reason to and what it wrote before is sent. */
static void stream_start(struct event_stream *stream)
{
    if (!stream->stale || stream->running || !stream->live || stream->ending ||
        stream->out.size > 0)
        return;
    stream->running = pool_submit(stream->events->pool, stream->call->rate_key, true, stream_run,
                                  stream_expired, stream);
    stream->stale = !stream->running; /* no room for news: at the next tick */
}

/* The handler has looked, or found no thread for too long: then it will at the next tick. */
static void stream_rest(struct event_stream *stream, bool looked)
{
    struct events *events = stream->events;
    pthread_mutex_lock(&events->lock);
    assert(stream->running && stream->live);
    stream->running = false;
    stream->stale = stream->stale || !looked;
    bool closed = stream->closed;
    if (looked && !closed) {
        bool failed = stream->call->exchange.response.http_status >= 300;
        stream_absorb(stream);
        if (stream->out.size > 0 || stream->ending)
            stream_resume(stream);
        else if (!failed)
            stream_start(stream);
    }
    pthread_mutex_unlock(&events->lock);
    if (closed)
        stream_free(stream);
}

static void stream_run(struct role_context *context, void *argument)
{
    struct event_stream *stream = argument;
    stream->call->endpoint->handle(context, &stream->call->exchange);
    stream_rest(stream, true);
}

static void stream_expired(void *argument)
{
    stream_rest(argument, false);
}

/* libmicrohttpd asks for bytes to send, on the connection's epoll thread. */
static ssize_t stream_read(void *argument, uint64_t position, char *to, size_t max)
{
    (void)position;
    struct event_stream *stream = argument;
    struct events *events = stream->events;
    ssize_t result = 0;
    pthread_mutex_lock(&events->lock);
    assert(stream->live && stream->sent <= stream->out.size);
    size_t left = stream->out.size - stream->sent;
    if (left > 0) {
        size_t size = left < max ? left : max;
        memcpy(to, stream->out.data + stream->sent, size);
        stream->sent += size;
        stream->last_sent_us = clock_monotonic_us(events->clock);
        if (stream->sent == stream->out.size) {
            buf_clear(&stream->out);
            stream->sent = 0;
            stream_start(stream);
        }
        result = (ssize_t)size;
    } else if (stream->ending) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        MHD_suspend_connection(stream->call->mhd);
        stream->suspended = true;
    }
    pthread_mutex_unlock(&events->lock);
    return result;
}

struct MHD_Response *events_answer(struct events *events, struct event_stream *stream)
{
    struct MHD_Response *answer =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, READ_BLOCK, stream_read, stream, NULL);
    if (answer == NULL)
        return NULL;
    pthread_mutex_lock(&events->lock);
    assert(stream->running && !stream->live);
    stream->running = false;
    stream->live = true;
    stream->last_sent_us = clock_monotonic_us(events->clock);
    buf_text(&stream->out, "retry: 3000\n\n");
    stream_absorb(stream);
    pthread_mutex_unlock(&events->lock);
    return answer;
}

void events_wake(struct events *events, const struct uuid *user_id)
{
    struct event_stream *at;
    pthread_mutex_lock(&events->lock);
    LIST_FOREACH(at, &events->streams, place) {
        if (user_id != NULL && !uuid_equal(&stream_principal(at)->user_id, user_id))
            continue;
        at->stale = true;
        stream_start(at);
    }
    pthread_mutex_unlock(&events->lock);
}

static bool token_is_valid(const struct events *events, const struct event_stream *stream)
{
    if (stream->call->endpoint->auth != AUTH_USER)
        return true;
    const struct principal *principal = stream_principal(stream);
    return clock_now_us(events->clock) < principal->token_expires_at_us &&
           !revocations_contain(events->revocations, principal);
}

void events_tick(struct events *events)
{
    struct event_stream *at;
    int64_t now_us = clock_monotonic_us(events->clock);
    pthread_mutex_lock(&events->lock);
    end_those_gone(events);
    LIST_FOREACH(at, &events->streams, place) {
        if (!token_is_valid(events, at))
            stream_end(at);
        stream_start(at);
        bool quiet = at->live && !at->running && !at->ending && at->out.size == 0 &&
                     now_us - at->last_sent_us >= HTTP_EVENT_KEEP_ALIVE_US;
        if (quiet) {
            buf_text(&at->out, ": keep-alive\n\n");
            stream_resume(at);
        }
    }
    pthread_mutex_unlock(&events->lock);
}

void events_end(struct events *events)
{
    struct event_stream *at;
    pthread_mutex_lock(&events->lock);
    events->ending = true;
    LIST_FOREACH(at, &events->streams, place) {
        stream_end(at);
    }
    assert(events->count == 0);
    pthread_mutex_unlock(&events->lock);
}
