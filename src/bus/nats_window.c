/* SPDX-License-Identifier: Apache-2.0
 *
 * All publications have the same time limit, so they time out in the order of their serials.
 */
#include "bus/nats_window.h"

#include <stdlib.h>

#include "base/steady.h"

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
    return STATUS_OK;
}

void window_destroy(struct window *window)
{
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

enum status window_add(struct window *window, const struct publication *publication, int64_t now_us,
                       uint64_t *serial)
{
    enum status status = STATUS_UNAVAILABLE;
    pthread_mutex_lock(&window->mutex);
    if (window->next - window->oldest < BUS_WINDOW_MAX && !is_silent(window, now_us)) {
        *serial = window->next++;
        *pending_of(window, *serial) = (struct pending){*publication, now_us};
        status = STATUS_OK;
    }
    pthread_mutex_unlock(&window->mutex);
    return status;
}

/* Takes one out; the result has no `done` if it has ended before. */
static struct pending take(struct window *window, uint64_t serial)
{
    struct pending taken = {0};
    if (serial < window->oldest || serial >= window->next)
        return taken;
    taken = *pending_of(window, serial);
    pending_of(window, serial)->publication.done = NULL;
    while (window->oldest < window->next &&
           pending_of(window, window->oldest)->publication.done == NULL)
        window->oldest++;
    return taken;
}

void window_end(struct window *window, uint64_t serial, enum status status)
{
    pthread_mutex_lock(&window->mutex);
    struct pending ended = take(window, serial);
    if (status == STATUS_OK)
        window->heard_us = steady_now_us();
    pthread_mutex_unlock(&window->mutex);
    if (ended.publication.done != NULL)
        publication_end(&ended.publication, status);
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
        publication_end(&ended.publication, STATUS_UNAVAILABLE);
    }
}
