/* SPDX-License-Identifier: Apache-2.0
 *
 * How a request changes hands. The epoll thread hands it to its handler (RUNNING) and must then
 * neither wait nor forget it, while the handler may be done before it has even returned. So:
 *
 *   done already    the epoll thread sees DONE and answers at once: no suspension, no wake-up
 *   not yet         the epoll thread suspends the connection first, and only then says so
 *                   (RUNNING → SUSPENDED); whoever is done later sees it and resumes
 *   in between      the handler turned RUNNING into DONE while the connection was being suspended:
 *                   the epoll thread loses the exchange and resumes the connection itself
 *
 * Suspending first is what makes it safe: libmicrohttpd takes a resume that comes before its
 * suspend for an order to cancel it. A suspended connection is never closed, so the call lives
 * until somebody resumes it.
 */
#include "base/steady.h"
#include "http/call.h"
#include "http/server_state.h"

/* An ASYNC handler again, which ends the exchange itself. */
static void deferred_run(struct role_context *context, void *argument)
{
    struct call *call = argument;
    call->exchange.may_block = true;
    call->endpoint->handle(context, &call->exchange);
}

static void job_run(struct role_context *context, void *argument)
{
    struct call *call = argument;
    deferred_run(context, call);
    exchange_done(&call->exchange);
}

/* Then rests for as long as a wrong password took: those who guess have half of a thread's time. */
static void hashing_run(struct role_context *context, void *argument)
{
    struct call *call = argument;
    int64_t started_us = steady_now_us();
    deferred_run(context, call);
    bool wrong = call->exchange.response.http_status == status_http(STATUS_UNAUTHENTICATED);
    exchange_done(&call->exchange);
    if (wrong)
        steady_pause(steady_now_us() - started_us);
}

void exchange_done(struct exchange *exchange)
{
    struct call *call = (struct call *)exchange;
    struct http_server *server = call->server;
    struct MHD_Connection *mhd = call->mhd;
    if (atomic_exchange(&call->state, CALL_DONE) == CALL_SUSPENDED)
        MHD_resume_connection(mhd);
    /* The last touch: http_server_stop waits for it. */
    atomic_fetch_sub(&server->in_handlers, 1);
}

static void refuse_start(struct call *call, enum status status, const char *detail)
{
    call->exchange.response.retry_after_s = 1;
    call_refuse(call, status, detail);
    exchange_done(&call->exchange);
}

static void refuse_busy(struct call *call)
{
    refuse_start(call, STATUS_UNAVAILABLE, "Service is busy. Please try again later.");
}

static void job_expired(void *argument)
{
    refuse_busy(argument);
}

static void call_queue(struct call *call, struct pool *pool, pool_job *job)
{
    if (!pool_submit(pool, call->rate_key, false, job, job_expired, call))
        refuse_busy(call);
}

void exchange_defer(struct exchange *exchange)
{
    struct call *call = (struct call *)exchange;
    call_queue(call, call->server->pool, deferred_run);
}

static void call_start(struct call *call)
{
    struct http_server *server = call->server;
    if (atomic_load(&server->stopping)) {
        refuse_start(call, STATUS_UNAVAILABLE, "Service is ending.");
        return;
    }
    if (call->endpoint->kind == ENDPOINT_ASYNC) {
        call->endpoint->handle(server->options.async_context, &call->exchange);
        return;
    }
    if (call->endpoint->kind == ENDPOINT_EVENTS) {
        if (call->is_head) { /* the head of a stream, which takes no place */
            call->exchange.response.content_type = "text/event-stream";
            exchange_done(&call->exchange);
            return;
        }
        enum status status = events_reserve(&server->events, call);
        if (status != STATUS_OK) {
            refuse_start(call, status, "Too many event streams.");
            return;
        }
    }
    if (call->endpoint->hashes && server->hashing != NULL)
        call_queue(call, server->hashing, hashing_run);
    else
        call_queue(call, server->pool, job_run);
}

void call_run(struct call *call)
{
    struct http_server *server = call->server;
    call->exchange.request.body = buf_slice(&call->body);
    connection_deadline(call->connection, CONNECTION_NO_DEADLINE);
    /* Counted before `stopping` is looked at, as http_server_stop sets it before it looks at the
     * count: one of the two sees the other. */
    atomic_fetch_add(&server->in_handlers, 1);
    atomic_store(&call->state, CALL_RUNNING);
    call_start(call);
    if (atomic_load(&call->state) == CALL_DONE)
        return;
    MHD_suspend_connection(call->mhd);
    enum call_state expected = CALL_RUNNING;
    if (!atomic_compare_exchange_strong(&call->state, &expected, CALL_SUSPENDED))
        MHD_resume_connection(call->mhd);
}
