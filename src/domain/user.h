/* SPDX-License-Identifier: Apache-2.0
 *
 * A person as the system knows them, and what is told to them.
 */
#ifndef ECS_DOMAIN_USER_H
#define ECS_DOMAIN_USER_H

#include <stdint.h>

#include "base/uuid.h"
#include "limits.h"

struct user {
    struct uuid id;
    char email[EMAIL_MAX + 1]; /* lower case */
    char password_hash[PASSWORD_HASH_MAX + 1];
    int64_t created_at_us;
    int64_t updated_at_us;
    int64_t generation; /* of tokens: grows when the person logs out */
};

struct notification {
    int64_t id; /* ascending for each person: the id of a Server-Sent Event */
    struct uuid user_id;
    struct uuid offer_id;
    char type[48];
    char title[80];
    char message[160];
    int64_t created_at_us;
};

#endif
