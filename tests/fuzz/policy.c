/* SPDX-License-Identifier: Apache-2.0
 *
 * A policy from bytes. What is accepted has terms for every risk, within the limits of money.
 */
#include "fuzz.h"

#include "wire/policy_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct policy policy;
    char reason[REASON_MAX + 1] = "";
    enum status status = policy_parse((struct slice){(const char *)data, size}, &policy, reason);
    FUZZ_CHECK(status == STATUS_OK || (status == STATUS_INVALID && reason[0] != '\0'));
    if (status != STATUS_OK)
        return 0;
    FUZZ_CHECK(policy.band_count >= 1 && policy.band_count <= POLICY_BANDS_MAX);
    FUZZ_CHECK(policy.offer_life_us >= DAY_US);
    for (int32_t risk = 0; risk <= MILLIONTHS; risk += 12500) {
        struct terms terms = policy_apply(&policy, risk);
        FUZZ_CHECK(terms.limit_cents >= 0 && terms.limit_cents <= AMOUNT_CENTS_MAX);
        FUZZ_CHECK(terms.rate_bp >= 0);
        FUZZ_CHECK(terms.approved ? terms.credit_type[0] != '\0' : terms.reason[0] != '\0');
    }
    return 0;
}
