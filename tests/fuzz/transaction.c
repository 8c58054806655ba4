/* SPDX-License-Identifier: Apache-2.0
 *
 * A transaction from bytes. What is accepted keeps its limits, and is the same transaction after
 * it has been written and read again.
 */
#include "fuzz.h"

#include "wire/transaction_json.h"

static const int64_t now_us = 1772366400LL * SECOND_US;

static enum status decode(struct slice payload, struct transaction_event *event)
{
    struct event_origin origin = {.stream = STREAM_TRANSACTIONS, .published_us = now_us};
    struct refusal refusal;
    const struct transaction_rules rules = {.oldest_us = 400 * DAY_US};
    enum status status = transaction_decode(payload, &origin, &rules, event, &refusal);
    FUZZ_CHECK(refusal.errors.count <= FIELD_ERRORS_MAX);
    FUZZ_CHECK((status == STATUS_INVALID) == (refusal.errors.count > 0));
    FUZZ_CHECK(status == STATUS_OK || refusal.reason[0] != '\0');
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct transaction_event event, again;
    if (decode((struct slice){(const char *)data, size}, &event) != STATUS_OK)
        return 0;
    FUZZ_CHECK(event.amount_cents >= 1 && event.amount_cents <= AMOUNT_CENTS_MAX);
    FUZZ_CHECK(event.occurred_at_us <= now_us + EVENT_AHEAD_US_MAX);
    struct buf json;
    buf_init(&json, 4096);
    transaction_encode(&event, &json);
    FUZZ_CHECK(!json.overflowed);
    FUZZ_CHECK(decode(buf_slice(&json), &again) == STATUS_OK);
    FUZZ_CHECK(hash_compare(&event.content, &again.content) == 0);
    FUZZ_CHECK(event.source == again.source && event.source != SOURCE_UNSAID);
    FUZZ_CHECK(event.occurred_at_us == again.occurred_at_us);
    buf_free(&json);
    return 0;
}
