/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time_text.h"

#include <stdio.h>
#include <time.h>

#include "../unit.h"
#include "limits.h"

static const int64_t noon_us = 1772366400LL * SECOND_US;  /* 2026-03-01T12:00:00Z */
static const int64_t end_us = 253402300800LL * SECOND_US; /* year 10000 */

static enum status parse(const char *text, int64_t *time_us)
{
    return time_parse(text, strlen(text), time_us);
}

static void all_forms_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t after_noon_us;
    } forms[] = {
        {"2026-03-01T12:00:00Z", 0},
        {"2026-03-01t12:00:00z", 0},
        {"2026-03-01 12:00:00", 0},
        {"2026-03-01T12:00", 0},
        {"2026-03-01", -12 * HOUR_US},
        {"2026-03-01T12:00:00.1Z", 100000},
        {"2026-03-01T12:00:00,123456Z", 123456},
        {"2026-03-01T12:00:00.123456999", 123456},
        {"2026-03-01T12:00:00+01:00", -HOUR_US},
        {"2026-03-01T12:00:00-0530", 5 * HOUR_US + 30 * MINUTE_US},
        {"2026-03-01T12:00+00:00", 0},
        {"2026-02-28T23:59:59.999999Z", -12 * HOUR_US - 1},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        int64_t time_us;
        assert_int_equal(parse(forms[i].text, &time_us), STATUS_OK);
        assert_int_equal(time_us - noon_us, forms[i].after_noon_us);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "now",
        "2026",
        "2026-3-1",
        "2026-00-01",
        "2026-13-01",
        "2026-02-29",
        "2100-02-29",
        "2026-04-31",
        "2026-03-32",
        "2026-03-00",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "10000-01-01",
        "2026-03-01T",
        "2026-03-01T24:00:00Z",
        "2026-03-01T12:60:00Z",
        "2026-03-01T12:00:60Z",
        "2026-03-01T12:00:00.Z",
        "2026-03-01T12:00:00.1234567890Z",
        "2026-03-01T12:00:00+24:00",
        "2026-03-01T12:00:00+1",
        "2026-03-01T12:00:00 Z",
        "2026-03-01T12:00:00ZZ",
        "2026-03-01Z",
        " 2026-03-01",
        "2026-03-01T12:00:00Z ",
        "+2026-03-01",
        "1772366400",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t time_us;
        assert_int_equal(parse(texts[i], &time_us), STATUS_INVALID);
    }
}

/* Every day from 1970 to 9999, checked against the C library's calendar. */
static void every_date_goes_there_and_back(void **state)
{
    (void)state;
    for (int64_t day = 0; day < end_us / DAY_US; day++) {
        int64_t time_us = day * DAY_US + (int64_t)(unit_random() % DAY_US), back_us;
        char text[TIME_TEXT_SIZE];
        time_format(time_us, text);
        assert_int_equal(parse(text, &back_us), STATUS_OK);
        assert_int_equal(back_us, time_us);
        time_t seconds = (time_t)(time_us / SECOND_US);
        struct tm parts;
        gmtime_r(&seconds, &parts);
        char wanted[64];
        snprintf(wanted, sizeof wanted, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", parts.tm_year + 1900,
                 parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                 (int)(time_us % SECOND_US));
        assert_string_equal(text, wanted);
    }
}

static void garbage_is_read_or_refused_and_never_out_of_range(void **state)
{
    (void)state;
    static const char whole[] = "2026-03-01T12:00:00.123456+01:30";
    for (int i = 0; i < 100000; i++) {
        char text[sizeof whole + 8];
        size_t size = unit_mutate(whole, sizeof whole - 1, text, sizeof text);
        int64_t time_us = -1;
        if (time_parse(text, size, &time_us) != STATUS_OK)
            continue;
        assert_true(time_us >= 0 && time_us < end_us);
        char formatted[TIME_TEXT_SIZE];
        time_format(time_us, formatted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_forms_are_read),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(every_date_goes_there_and_back),
        cmocka_unit_test(garbage_is_read_or_refused_and_never_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
