/* SPDX-License-Identifier: Apache-2.0
 *
 * An accepted offer from bytes. What is accepted is the same after it has been written and read
 * again.
 */
#include "fuzz.h"

#include <string.h>

#include "wire/credit_json.h"

static enum status decode(struct slice payload, struct credit_accepted *accepted)
{
    struct refusal refusal;
    enum status status = credit_accepted_decode(payload, accepted, &refusal);
    FUZZ_CHECK((status == STATUS_INVALID) == (refusal.errors.count > 0));
    FUZZ_CHECK(status == STATUS_OK || refusal.reason[0] != '\0');
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct credit_accepted accepted, again;
    if (decode((struct slice){(const char *)data, size}, &accepted) != STATUS_OK)
        return 0;
    struct buf json;
    buf_init(&json, 4096);
    credit_accepted_encode(&accepted, &json);
    FUZZ_CHECK(!json.overflowed);
    FUZZ_CHECK(decode(buf_slice(&json), &again) == STATUS_OK);
    FUZZ_CHECK(uuid_equal(&accepted.offer_id, &again.offer_id));
    FUZZ_CHECK(accepted.limit_cents == again.limit_cents && accepted.rate_bp == again.rate_bp);
    FUZZ_CHECK(strcmp(accepted.credit_type, again.credit_type) == 0);
    FUZZ_CHECK(accepted.accepted_at_us == again.accepted_at_us);
    buf_free(&json);
    return 0;
}
