/* SPDX-License-Identifier: Apache-2.0
 *
 * What both ingestion roles do with an event once it is decoded: hand it to the bus and answer
 * when the bus has said what became of it. A 202 leaves only after the event is stored.
 */
#ifndef ECS_ROLES_INGESTION_H
#define ECS_ROLES_INGESTION_H

#include "base/hash.h"
#include "ports/bus.h"
#include "roles/role.h"
#include "wire/field_errors.h"

enum {
    MESSAGE_ID_SIZE = UUID_TEXT_SIZE, /* a hash in hexadecimal is shorter */
    INGESTION_PAYLOAD_MAX = 4096,     /* every field at its longest, every byte escaped */
    INGESTION_RETRY_AFTER_S = 1
};

/* The message id of an event, by which the bus drops a repetition early. Of key and content if
 * the producer gave an event id: sent again it has the same one, and other content under a used
 * id still reaches the worker, which refuses it by name. Else it is new each time. */
void ingestion_message_id(struct role_context *context, const char *event_id,
                          const struct hash *key, const struct hash *content, int64_t now_us,
                          char message_id[MESSAGE_ID_SIZE]);

/* The message that carries an event on behalf of a request; slices point into the arguments. */
struct bus_message ingestion_message(enum stream stream, const struct request *request,
                                     const struct buf *payload, const char *message_id);

/* Publishes, then ends the exchange with the 202 that its response holds already, or with 503. */
void ingestion_publish(struct role_context *context, struct exchange *exchange,
                       const struct bus_message *message);

/* What a decoder refused: 400 with `reason` if it was MALFORMED, 422 with `errors` if INVALID. */
void ingestion_refuse(struct response *response, enum status status,
                      const struct field_errors *errors, const char *reason);

/* 503: the event may not be stored; sending it again is right. */
void ingestion_unavailable(struct response *response);

#endif
