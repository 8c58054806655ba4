/* SPDX-License-Identifier: Apache-2.0
 *
 * What every server answers by itself. None of it waits for anything: it is answered while every
 * thread of the pool hangs.
 */
#include "http/server_state.h"
#include "process/metrics.h"

static const struct http_server *server_of(const struct exchange *exchange)
{
    return ((const struct call *)exchange)->server;
}

static void answer_health(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    buf_text(&exchange->response.body, "{\"status\":\"ok\"}");
    exchange_done(exchange);
}

static void answer_readiness(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    const struct http_options *options = &server_of(exchange)->options;
    if (options->readiness == NULL)
        buf_text(&exchange->response.body, "{\"status\":\"ok\",\"checks\":{}}");
    else if (!options->readiness(options->readiness_context, &exchange->response.body))
        exchange->response.http_status = status_http(STATUS_UNAVAILABLE);
    exchange_done(exchange);
}

static void answer_metrics(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    metrics_write(&exchange->response.body);
    exchange->response.content_type = "text/plain; version=0.0.4";
    exchange_done(exchange);
}

static void answer_openapi(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    struct slice text = buf_slice(&server_of(exchange)->openapi);
    buf_append(&exchange->response.body, text.data, text.size);
    exchange_done(exchange);
}

static const struct endpoint endpoints[] = {
    {
        .method = METHOD_GET,
        .path = "/healthz",
        .kind = ENDPOINT_ASYNC,
        .handle = answer_health,
        .summary = "Whether the process lives.",
        .success = 200,
        .response_schema = "openapi/health.json",
    },
    {
        .method = METHOD_GET,
        .path = "/readyz",
        .kind = ENDPOINT_ASYNC,
        .internal = true,
        .handle = answer_readiness,
        .summary = "Whether every engine it needs answers and its roles get on with their streams; "
                   "503 and the same shape if not.",
        .success = 200,
        .errors = "503",
        .response_schema = "openapi/readiness.json",
    },
    {
        .method = METHOD_GET,
        .path = "/metrics",
        .kind = ENDPOINT_ASYNC,
        .internal = true,
        .handle = answer_metrics,
        .summary = "Counters of this process, in the Prometheus text format.",
        .success = 200,
    },
    {
        .method = METHOD_GET,
        .path = "/openapi.json",
        .kind = ENDPOINT_ASYNC,
        .handle = answer_openapi,
        .summary = "This document.",
        .success = 200,
        .response_schema = "openapi/object.json",
    },
};

const struct endpoint_table own_endpoints = {endpoints, sizeof endpoints / sizeof endpoints[0]};
