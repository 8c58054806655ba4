/* SPDX-License-Identifier: Apache-2.0
 *
 * What both ingestion roles do: a document, or a batch of them, → events on the bus. The request is
 * answered when the bus has said what became of them: a 202 leaves only after they are stored.
 * Nothing here waits: the bus's callbacks end the exchange.
 */
#ifndef ECS_ROLES_INGESTION_H
#define ECS_ROLES_INGESTION_H

#include "base/hash.h"
#include "ports/bus.h"
#include "roles/role.h"
#include "wire/fields.h"

enum {
    MESSAGE_ID_SIZE = UUID_TEXT_SIZE, /* a hash in hexadecimal is shorter */
    INGESTION_PAYLOAD_MAX = 4096      /* every field at its longest, every byte escaped */
};

/* A document that was read: an event to be published, or why it is refused. */
struct submission {
    enum status status;
    char reason[REASON_MAX + 1]; /* unless status is OK */
    int64_t line;                /* of a batch, from 1 on; 0: it came alone */
    struct uuid user_id;
    struct hash key;     /* of the event, as the worker will compute it */
    struct hash content; /* what it says */
    bool has_id;         /* the key is of an id that the client gave */
    size_t payload_at;   /* its place among the payloads */
    size_t payload_size;
    char message_id[MESSAGE_ID_SIZE];
};

/* What differs between the roles. */
struct ingestion {
    enum stream stream;
    /* Checks a document as the worker will; sets the members from user_id to has_id, and appends
     * the payload. Returns the refusal's status. */
    enum status (*read)(struct role_context *context, const struct request *request,
                        struct slice document, struct submission *submission, struct buf *payload,
                        struct refusal *refusal);
    /* Refuses what is known to be no new event and no repetition, by status and reason; may block.
     * False: the whole request is refused, and the response is written. NULL: nothing can be known
     * of events that are not counted. */
    bool (*judge)(struct role_context *context, struct exchange *exchange,
                  struct submission submissions[], size_t count);
};

/* What the endpoints of both roles have in common. */
#define INGESTION_ENDPOINT                                                                         \
    .method = METHOD_POST, .kind = ENDPOINT_ASYNC, .batch = true, .success = 202, .keyed = true

/* Takes what the body holds: one document, or one to a line. */
void ingestion_receive(const struct ingestion *ingestion, struct role_context *context,
                       struct exchange *exchange);

#endif
