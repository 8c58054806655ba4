/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/otlp_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json_put.h"

enum { STATUS_CODE_ERROR = 2, NANOSECONDS = 1000 };

static void put_number_text(struct buf *json, const char *key, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    json_put_text(json, key, text);
}

static void put_attribute(struct buf *json, const char *key, const char *text, int64_t number)
{
    json_put_open(json, NULL, '{');
    json_put_text(json, "key", key);
    json_put_open(json, "value", '{');
    if (text != NULL)
        json_put_text(json, "stringValue", text);
    else
        put_number_text(json, "intValue", number);
    json_put_close(json, '}');
    json_put_close(json, '}');
}

static void put_resource(struct buf *json, const struct otlp_resource *resource)
{
    json_put_open(json, "resource", '{');
    json_put_open(json, "attributes", '[');
    put_attribute(json, "service.name", resource->service, 0);
    put_attribute(json, "service.version", ECS_VERSION, 0);
    put_attribute(json, "service.instance.id", resource->instance, 0);
    json_put_close(json, ']');
    json_put_close(json, '}');
}

static void put_ids(struct buf *json, const struct span *span)
{
    json_put_bytes(json, "traceId",
                   (struct slice){span->traceparent + TRACEPARENT_TRACE_AT, 2 * TRACE_BYTES});
    json_put_bytes(json, "spanId",
                   (struct slice){span->traceparent + TRACEPARENT_SPAN_AT, 2 * SPAN_BYTES});
    if (span->parent_id[0] != '\0')
        json_put_text(json, "parentSpanId", span->parent_id);
}

static void put_span(struct buf *json, const struct span *span)
{
    char name[160];
    snprintf(name, sizeof name, "%s%s%s", span->action, span->object == NULL ? "" : " ",
             span->object == NULL ? "" : span->object);
    json_put_open(json, NULL, '{');
    put_ids(json, span);
    json_put_text(json, "name", name);
    json_put_integer(json, "kind", span->kind);
    put_number_text(json, "startTimeUnixNano", span->started_us * NANOSECONDS);
    put_number_text(json, "endTimeUnixNano", span->ended_us * NANOSECONDS);
    json_put_open(json, "attributes", '[');
    for (size_t i = 0; i < span->attribute_count; i++) {
        const struct span_attribute *attribute = &span->attributes[i];
        put_attribute(json, attribute->key, attribute->text, attribute->number);
    }
    if (span->request_id[0] != '\0')
        put_attribute(json, "ecs.request_id", span->request_id, 0);
    json_put_close(json, ']');
    if (span->failed) {
        json_put_open(json, "status", '{');
        json_put_integer(json, "code", STATUS_CODE_ERROR);
        json_put_close(json, '}');
    }
    json_put_close(json, '}');
}

void otlp_json_encode(const struct otlp_resource *resource, const struct span spans[], size_t count,
                      struct buf *json)
{
    json_put_open(json, NULL, '{');
    json_put_open(json, "resourceSpans", '[');
    json_put_open(json, NULL, '{');
    put_resource(json, resource);
    json_put_open(json, "scopeSpans", '[');
    json_put_open(json, NULL, '{');
    json_put_open(json, "scope", '{');
    json_put_text(json, "name", "ecs");
    json_put_close(json, '}');
    json_put_open(json, "spans", '[');
    for (size_t i = 0; i < count; i++)
        put_span(json, &spans[i]);
    json_put_close(json, ']');
    json_put_close(json, '}');
    json_put_close(json, ']');
    json_put_close(json, '}');
    json_put_close(json, ']');
    json_put_close(json, '}');
}
