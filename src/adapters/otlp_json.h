/* SPDX-License-Identifier: Apache-2.0
 *
 * Spans → the JSON encoding of an OTLP trace request: ids in hexadecimal, times in nanoseconds
 * and 64-bit integers as text, enumerations as numbers.
 */
#ifndef ECS_ADAPTERS_OTLP_JSON_H
#define ECS_ADAPTERS_OTLP_JSON_H

#include "base/buf.h"
#include "base/uuid.h"
#include "ports/tracer.h"

enum { OTLP_SERVICE_SIZE = 64 };

/* Who made the spans. */
struct otlp_resource {
    char service[OTLP_SERVICE_SIZE];
    char instance[UUID_TEXT_SIZE];
};

void otlp_json_encode(const struct otlp_resource *resource, const struct span spans[], size_t count,
                      struct buf *json);

#endif
