/* SPDX-License-Identifier: Apache-2.0
 *
 * An emotion event from bytes. What is accepted keeps its limits, and is the same event after it
 * has been written and read again.
 */
#include "fuzz.h"

#include "wire/emotion_json.h"

static const int64_t now_us = 1772366400LL * SECOND_US;

static enum status decode(struct slice payload, struct emotion_event *event)
{
    struct event_origin origin = {.stream = STREAM_EMOTIONS, .published_us = now_us};
    struct refusal refusal;
    enum status status = emotion_decode(payload, &origin, 400 * DAY_US, event, &refusal);
    FUZZ_CHECK(refusal.errors.count <= FIELD_ERRORS_MAX);
    FUZZ_CHECK((status == STATUS_INVALID) == (refusal.errors.count > 0));
    FUZZ_CHECK(status == STATUS_OK || refusal.reason[0] != '\0');
    struct buf json;
    buf_init(&json, 1 << 20);
    field_errors_write(&refusal.errors, &json);
    FUZZ_CHECK(!json.overflowed);
    buf_free(&json);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct emotion_event event, again;
    if (decode((struct slice){(const char *)data, size}, &event) != STATUS_OK)
        return 0;
    FUZZ_CHECK(event.positivity >= 0 && event.positivity <= MILLIONTHS);
    FUZZ_CHECK(event.intensity >= 0 && event.intensity <= MILLIONTHS);
    FUZZ_CHECK(event.stress >= 0 && event.stress <= MILLIONTHS);
    FUZZ_CHECK(event.occurred_at_us <= now_us + EVENT_AHEAD_US_MAX);
    struct buf json;
    buf_init(&json, 4096);
    emotion_encode(&event, &json);
    FUZZ_CHECK(!json.overflowed);
    FUZZ_CHECK(decode(buf_slice(&json), &again) == STATUS_OK);
    FUZZ_CHECK(hash_compare(&event.content, &again.content) == 0);
    buf_free(&json);
    return 0;
}
