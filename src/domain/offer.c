/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/offer.h"

#include <string.h>

static const char *const names[OFFER_STATUS_COUNT] = {
    [OFFER_OFFERED] = "offered", [OFFER_ACCEPTED] = "accepted",     [OFFER_ACTIVE] = "active",
    [OFFER_EXPIRED] = "expired", [OFFER_SUPERSEDED] = "superseded",
};

static const bool edges[OFFER_STATUS_COUNT][OFFER_STATUS_COUNT] = {
    [OFFER_OFFERED] = {[OFFER_ACCEPTED] = true, [OFFER_EXPIRED] = true, [OFFER_SUPERSEDED] = true},
    [OFFER_ACCEPTED] = {[OFFER_ACTIVE] = true},
    [OFFER_ACTIVE] = {[OFFER_SUPERSEDED] = true},
};

const char *offer_status_name(enum offer_status status)
{
    return names[status];
}

enum status offer_status_parse(const char *name, enum offer_status *status)
{
    for (int i = 0; i < OFFER_STATUS_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            *status = (enum offer_status)i;
            return STATUS_OK;
        }
    }
    return STATUS_INVALID;
}

bool offer_may_become(enum offer_status from, enum offer_status to)
{
    return edges[from][to];
}

bool offer_is_open(const struct offer *offer, int64_t now_us)
{
    return offer->status == OFFER_OFFERED && now_us < offer->expires_at_us;
}
