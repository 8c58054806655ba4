/* SPDX-License-Identifier: Apache-2.0
 *
 * A policy from bytes. What is refused is told line by line. What is accepted has terms for every
 * risk, within the limits of money, and less risk never gets less.
 */
#include "fuzz.h"

#include "wire/policy_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct policy policy;
    struct buf report;
    buf_init(&report, POLICY_REPORT_MAX);
    enum status status =
        policy_parse((struct slice){(const char *)data, size}, "f", &policy, &report);
    FUZZ_CHECK(status == STATUS_OK || (status == STATUS_INVALID && report.size > 0));
    FUZZ_CHECK(report.size == 0 || memcmp(report.data, "f:", 2) == 0);
    FUZZ_CHECK(memchr(buf_slice(&report).data, 0x1B, report.size) == NULL);
    buf_free(&report);
    if (status != STATUS_OK)
        return 0;
    FUZZ_CHECK(policy.band_count >= 1 && policy.band_count <= POLICY_BANDS_MAX);
    FUZZ_CHECK(policy.offer_life_us >= DAY_US);
    int64_t least = AMOUNT_CENTS_MAX;
    for (int32_t risk = 0; risk <= MILLIONTHS; risk += 12500) {
        struct terms terms = policy_apply(&policy, risk);
        FUZZ_CHECK(terms.limit_cents <= least && (terms.limit_cents > 0 || !terms.approved));
        least = terms.limit_cents;
        FUZZ_CHECK(terms.rate_bp >= 0);
        FUZZ_CHECK(terms.approved ? terms.credit_type[0] != '\0' : terms.reason[0] != '\0');
    }
    return 0;
}
