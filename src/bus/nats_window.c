/* SPDX-License-Identifier: Apache-2.0
 *
 * All publications have the same time limit, so they time out in the order of their serials.
 */
#include "bus/nats_window.h"

#include <stdlib.h>

#include "process/steady.h"

static struct pending *pending_of(struct window *window, uint64_t serial)
{
    return &window->ring[serial % BUS_WINDOW_MAX];
}

enum status window_init(struct window *window)
{
    *window = (struct window){0};
    window->ring = calloc(BUS_WINDOW_MAX, sizeof *window->ring);
    if (window->ring == NULL)
        return STATUS_INTERNAL;
    pthread_mutex_init(&window->mutex, NULL);
    pthread_cond_init(&window->added, NULL);
    return STATUS_OK;
}

void window_destroy(struct window *window)
{
    pthread_cond_destroy(&window->added);
    pthread_mutex_destroy(&window->mutex);
    free(window->ring);
}

static bool is_silent(struct window *window, int64_t now_us)
{
    if (window->oldest == window->next)
        return false;
    int64_t since_us = pending_of(window, window->oldest)->added_us;
    if (since_us < window->heard_us)
        since_us = window->heard_us;
    return now_us - since_us >= ENGINE_SILENCE_US;
}

static bool has_room(struct window *window, size_t size, int64_t now_us)
{
    return window->next - window->oldest < BUS_WINDOW_MAX &&
           window->unsent_bytes + size <= (size_t)BUS_QUEUE_BYTES_MAX && !is_silent(window, now_us);
}

enum status window_add(struct window *window, const struct publication *publication,
                       struct outgoing *outgoing, int64_t now_us)
{
    pthread_mutex_lock(&window->mutex);
    bool room = has_room(window, outgoing->size, now_us);
    if (room) {
        *pending_of(window, window->next++) = (struct pending){*publication, outgoing, now_us};
        window->unsent_bytes += outgoing->size;
    }
    pthread_mutex_unlock(&window->mutex);
    if (!room)
        return STATUS_UNAVAILABLE;
    pthread_cond_signal(&window->added);
    return STATUS_OK;
}

/* Takes the message out of what waits; NULL: it is sent, or ended. */
static struct outgoing *outgoing_take(struct window *window, struct pending *pending)
{
    struct outgoing *outgoing = pending->outgoing;
    pending->outgoing = NULL;
    if (outgoing != NULL)
        window->unsent_bytes -= outgoing->size;
    return outgoing;
}

struct outgoing *window_next(struct window *window, uint64_t *serial)
{
    struct outgoing *outgoing = NULL;
    pthread_mutex_lock(&window->mutex);
    for (;;) {
        if (window->unsent < window->oldest)
            window->unsent = window->oldest;
        while (outgoing == NULL && window->unsent < window->next) {
            *serial = window->unsent++;
            outgoing = outgoing_take(window, pending_of(window, *serial));
        }
        if (outgoing != NULL || window->closed)
            break;
        pthread_cond_wait(&window->added, &window->mutex);
    }
    pthread_mutex_unlock(&window->mutex);
    return outgoing;
}

void window_close(struct window *window)
{
    pthread_mutex_lock(&window->mutex);
    window->closed = true;
    pthread_mutex_unlock(&window->mutex);
    pthread_cond_signal(&window->added);
}

/* Takes one out, to be ended; the result has no `done` if it has ended before. */
static struct pending take(struct window *window, uint64_t serial)
{
    struct pending taken = {0};
    if (serial < window->oldest || serial >= window->next)
        return taken;
    struct pending *pending = pending_of(window, serial);
    taken = *pending;
    (void)outgoing_take(window, pending);
    pending->publication.done = NULL;
    while (window->oldest < window->next &&
           pending_of(window, window->oldest)->publication.done == NULL)
        window->oldest++;
    return taken;
}

/* Without the lock. */
static void end(const struct pending *taken, enum status status)
{
    free(taken->outgoing);
    publication_end(&taken->publication, status);
}

void window_end(struct window *window, uint64_t serial, enum status status)
{
    pthread_mutex_lock(&window->mutex);
    struct pending ended = take(window, serial);
    if (status == STATUS_OK)
        window->heard_us = steady_now_us();
    pthread_mutex_unlock(&window->mutex);
    if (ended.publication.done != NULL)
        end(&ended, status);
}

void window_expire(struct window *window, int64_t now_us)
{
    for (;;) {
        struct pending ended = {0};
        pthread_mutex_lock(&window->mutex);
        if (window->oldest < window->next &&
            pending_of(window, window->oldest)->added_us <= now_us - BUS_PUBLISH_TIMEOUT_US)
            ended = take(window, window->oldest);
        pthread_mutex_unlock(&window->mutex);
        if (ended.publication.done == NULL)
            return;
        end(&ended, STATUS_UNAVAILABLE);
    }
}
