/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/outbox.h"

#include "../unit.h"

static const struct slice request_id = {"request-1", 9}, traceparent = {"", 0};

static void a_row_has_what_it_was_made_of(void **state)
{
    (void)state;
    struct outbox_row row;
    struct buf payload;
    buf_init(&payload, 100);
    buf_text(&payload, "{}");
    assert_int_equal(outbox_row_make(&row, STREAM_CREDITS, request_id, traceparent, &payload),
                     STATUS_OK);
    assert_int_equal(row.stream, STREAM_CREDITS);
    assert_string_equal(row.request_id, "request-1");
    assert_string_equal(row.payload, "{}");
    buf_free(&payload);
}

/* Or the worker would refuse it as malformed, and the line of an accepted offer never be active. */
static void a_payload_that_was_cut_is_no_message(void **state)
{
    (void)state;
    struct outbox_row row;
    struct buf payload;
    buf_init(&payload, 4);
    buf_text(&payload, "{\"a\":1}");
    assert_true(payload.overflowed);
    assert_int_equal(outbox_row_make(&row, STREAM_CREDITS, request_id, traceparent, &payload),
                     STATUS_INTERNAL);
    buf_free(&payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_has_what_it_was_made_of),
        cmocka_unit_test(a_payload_that_was_cut_is_no_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
