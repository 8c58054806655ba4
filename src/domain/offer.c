/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/offer.h"

#include <assert.h>
#include <string.h>

static const char *const names[OFFER_STATUS_COUNT] = {
#define OFFER_STATUS(name) [OFFER_##name] = #name,
#define OFFER_STEP(from, to, when)
#include "domain/offer.def"
#undef OFFER_STATUS
#undef OFFER_STEP
};

static const bool steps[OFFER_STATUS_COUNT][OFFER_STATUS_COUNT] = {
#define OFFER_STATUS(name)
#define OFFER_STEP(from, to, when) [OFFER_##from][OFFER_##to] = true,
#include "domain/offer.def"
#undef OFFER_STATUS
#undef OFFER_STEP
};

const char *offer_status_name(enum offer_status status)
{
    assert(status < OFFER_STATUS_COUNT);
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
    assert(from < OFFER_STATUS_COUNT && to < OFFER_STATUS_COUNT);
    return steps[from][to];
}

bool offer_is_open(const struct offer *offer, int64_t now_us)
{
    return offer->status == OFFER_offered && now_us < offer->expires_at_us;
}
