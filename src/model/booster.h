/* SPDX-License-Identifier: Apache-2.0
 *
 * Gradient boosted trees asked by XGBoost: for those that model/forest.h cannot work out ahead. Any
 * number of threads may ask; one is answered at a time.
 */
#ifndef ECS_MODEL_BOOSTER_H
#define ECS_MODEL_BOOSTER_H

#include "base/slice.h"
#include "base/status.h"
#include "limits.h"

struct booster;

/* `trees`: as XGBoost saves them; they need not outlive the call. booster_free frees. INVALID, with
 * the reason: XGBoost cannot read them, or is not there. UNAVAILABLE: memory is out. */
MUST_CHECK enum status booster_load(struct slice trees, struct booster **booster,
                                    char reason[REASON_MAX + 1]);
/* NULL is allowed. */
void booster_free(struct booster *booster);
size_t booster_feature_count(const struct booster *booster);

/* As forest_ask. INTERNAL: XGBoost fails. */
MUST_CHECK enum status booster_ask(struct booster *booster, const float rows[], size_t count,
                                   float log_odds[], float additions[]);

#endif
