/* SPDX-License-Identifier: Apache-2.0
 *
 * An offer of credit, which becomes a person's credit line. offer.def has its states and steps.
 */
#ifndef ECS_DOMAIN_OFFER_H
#define ECS_DOMAIN_OFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/uuid.h"
#include "limits.h"

enum offer_status {
#define OFFER_STATUS(name) OFFER_##name,
#define OFFER_STEP(from, to, when)
#include "domain/offer.def"
#undef OFFER_STATUS
#undef OFFER_STEP
    OFFER_STATUS_COUNT
};

struct offer {
    struct uuid id;
    struct uuid user_id;
    struct uuid decision_id;
    enum offer_status status;
    int64_t limit_cents;
    int32_t rate_bp;
    char credit_type[CREDIT_TYPE_MAX + 1];
    int64_t created_at_us;
    int64_t expires_at_us;
    int64_t accepted_at_us; /* 0: not yet; so is the next */
    int64_t activated_at_us;
};

/* "offered", …: as the database and the API spell it. */
const char *offer_status_name(enum offer_status status);
MUST_CHECK enum status offer_status_parse(const char *name, enum offer_status *status);
/* Whether there is a step from one to the other, whatever the time. */
bool offer_may_become(enum offer_status from, enum offer_status to);
/* Open: may still be accepted. */
bool offer_is_open(const struct offer *offer, int64_t now_us);

#endif
