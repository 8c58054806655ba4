/* SPDX-License-Identifier: Apache-2.0
 *
 * Emotion events between bytes and values. The edge and the worker use the same decoder, so a
 * producer that publishes to the bus directly is checked as strictly as one that uses HTTP.
 */
#ifndef ECS_WIRE_EMOTION_JSON_H
#define ECS_WIRE_EMOTION_JSON_H

#include "base/buf.h"
#include "domain/event.h"
#include "wire/fields.h"

/* Fills all of `event` from a payload that stood at `origin` (at the edge: a zeroed origin but
 * for stream and published_us = now). An event of more than
 * EVENT_AHEAD_US_MAX after, or `oldest_us` or more before the moment it was stored at is INVALID.
 */
MUST_CHECK enum status emotion_decode(struct slice payload, const struct event_origin *origin,
                                      int64_t oldest_us, struct emotion_event *event,
                                      struct refusal *refusal);

/* The payload for the bus: the request and traceId. */
void emotion_encode(const struct emotion_event *event, struct buf *json);

#endif
