/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/otlp_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json_put.h"

enum { STATUS_CODE_ERROR = 2, NANOSECONDS = 1000 };

static void put_number_text(struct buf *json, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    json_put_text(json, text);
}

static void put_attribute(struct buf *json, const char *key, const char *text, int64_t number)
{
    json_put_open(json, '{');
    json_put_key(json, "key");
    json_put_text(json, key);
    json_put_key(json, "value");
    json_put_open(json, '{');
    json_put_key(json, text != NULL ? "stringValue" : "intValue");
    if (text != NULL)
        json_put_text(json, text);
    else
        put_number_text(json, number);
    json_put_close(json, '}');
    json_put_close(json, '}');
}

static void put_resource(struct buf *json, const struct otlp_resource *resource)
{
    json_put_key(json, "resource");
    json_put_open(json, '{');
    json_put_key(json, "attributes");
    json_put_open(json, '[');
    put_attribute(json, "service.name", resource->service, 0);
    put_attribute(json, "service.version", ECS_VERSION, 0);
    put_attribute(json, "service.instance.id", resource->instance, 0);
    json_put_close(json, ']');
    json_put_close(json, '}');
}

static void put_ids(struct buf *json, const struct span *span)
{
    json_put_key(json, "traceId");
    json_put_bytes(json, (struct slice){span->traceparent + TRACEPARENT_TRACE_AT, 2 * TRACE_BYTES});
    json_put_key(json, "spanId");
    json_put_bytes(json, (struct slice){span->traceparent + TRACEPARENT_SPAN_AT, 2 * SPAN_BYTES});
    if (span->parent_id[0] != '\0') {
        json_put_key(json, "parentSpanId");
        json_put_text(json, span->parent_id);
    }
}

static void put_span(struct buf *json, const struct span *span)
{
    char name[160];
    snprintf(name, sizeof name, "%s%s%s", span->action, span->object == NULL ? "" : " ",
             span->object == NULL ? "" : span->object);
    json_put_open(json, '{');
    put_ids(json, span);
    json_put_key(json, "name");
    json_put_text(json, name);
    json_put_key(json, "kind");
    json_put_integer(json, span->kind);
    json_put_key(json, "startTimeUnixNano");
    put_number_text(json, span->started_us * NANOSECONDS);
    json_put_key(json, "endTimeUnixNano");
    put_number_text(json, span->ended_us * NANOSECONDS);
    json_put_key(json, "attributes");
    json_put_open(json, '[');
    for (size_t i = 0; i < span->attribute_count; i++) {
        const struct span_attribute *attribute = &span->attributes[i];
        put_attribute(json, attribute->key, attribute->text, attribute->number);
    }
    if (span->request_id[0] != '\0')
        put_attribute(json, "ecs.request_id", span->request_id, 0);
    json_put_close(json, ']');
    if (span->failed) {
        json_put_key(json, "status");
        json_put_open(json, '{');
        json_put_key(json, "code");
        json_put_integer(json, STATUS_CODE_ERROR);
        json_put_close(json, '}');
    }
    json_put_close(json, '}');
}

void otlp_encode(const struct otlp_resource *resource, const struct span spans[], size_t count,
                 struct buf *json)
{
    json_put_open(json, '{');
    json_put_key(json, "resourceSpans");
    json_put_open(json, '[');
    json_put_open(json, '{');
    put_resource(json, resource);
    json_put_key(json, "scopeSpans");
    json_put_open(json, '[');
    json_put_open(json, '{');
    json_put_key(json, "scope");
    json_put_open(json, '{');
    json_put_key(json, "name");
    json_put_text(json, "ecs");
    json_put_close(json, '}');
    json_put_key(json, "spans");
    json_put_open(json, '[');
    for (size_t i = 0; i < count; i++)
        put_span(json, &spans[i]);
    json_put_close(json, ']');
    json_put_close(json, '}');
    json_put_close(json, ']');
    json_put_close(json, '}');
    json_put_close(json, ']');
    json_put_close(json, '}');
}
