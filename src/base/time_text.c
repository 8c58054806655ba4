/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time_text.h"

#include <assert.h>
#include <stdbool.h>

#include "limits.h"

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar, by counting in years that
 * begin in March (H. Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_from_days(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = days / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

static char *put_digits(char *at, int digits, int64_t number, char then)
{
    for (int i = digits - 1; i >= 0; i--, number /= 10)
        at[i] = (char)('0' + number % 10);
    at[digits] = then;
    return at + digits + 1;
}

void time_format(int64_t time_us, char text[TIME_TEXT_SIZE])
{
    assert(time_us >= 0 && time_us < days_from_date(10000, 1, 1) * DAY_US);
    int year, month, day;
    date_from_days(time_us / DAY_US, &year, &month, &day);
    int64_t rest = time_us % DAY_US;
    char *at = put_digits(text, 4, year, '-');
    at = put_digits(at, 2, month, '-');
    at = put_digits(at, 2, day, 'T');
    at = put_digits(at, 2, rest / HOUR_US, ':');
    at = put_digits(at, 2, rest / MINUTE_US % 60, ':');
    at = put_digits(at, 2, rest / SECOND_US % 60, '.');
    at = put_digits(at, 6, rest % SECOND_US, 'Z');
    *at = '\0';
    assert(at == text + TIME_TEXT_SIZE - 1);
}

/* What is left to read. */
struct cursor {
    const char *at;
    const char *end;
};

static bool take(struct cursor *cursor, char wanted)
{
    if (cursor->at == cursor->end || *cursor->at != wanted)
        return false;
    cursor->at++;
    return true;
}

static bool take_digits(struct cursor *cursor, int digits, int min, int max, int *number)
{
    if (cursor->end - cursor->at < digits)
        return false;
    *number = 0;
    for (int i = 0; i < digits; i++, cursor->at++) {
        if (*cursor->at < '0' || *cursor->at > '9')
            return false;
        *number = *number * 10 + (*cursor->at - '0');
    }
    return *number >= min && *number <= max;
}

static bool take_date(struct cursor *cursor, int64_t *days)
{
    int year, month, day;
    if (!take_digits(cursor, 4, 1970, 9999, &year) || !take(cursor, '-') ||
        !take_digits(cursor, 2, 1, 12, &month) || !take(cursor, '-') ||
        !take_digits(cursor, 2, 1, 31, &day))
        return false;
    *days = days_from_date(year, month, day);
    int same_year, same_month, same_day;
    date_from_days(*days, &same_year, &same_month, &same_day);
    return same_day == day; /* 31 April would have become 1 May */
}

/* Up to nine decimals, in microseconds. */
static bool take_fraction(struct cursor *cursor, int64_t *us)
{
    *us = 0;
    if (!take(cursor, '.') && !take(cursor, ','))
        return true;
    int64_t unit_us = SECOND_US / 10;
    int digits = 0;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
        *us += (*cursor->at - '0') * unit_us;
        unit_us /= 10;
        digits++;
    }
    return digits >= 1 && digits <= 9;
}

static bool take_clock(struct cursor *cursor, int64_t *us)
{
    int hour, minute, second = 0;
    int64_t fraction_us = 0;
    if (!take_digits(cursor, 2, 0, 23, &hour) || !take(cursor, ':') ||
        !take_digits(cursor, 2, 0, 59, &minute))
        return false;
    if (take(cursor, ':') &&
        (!take_digits(cursor, 2, 0, 59, &second) || !take_fraction(cursor, &fraction_us)))
        return false;
    *us = hour * HOUR_US + minute * MINUTE_US + second * SECOND_US + fraction_us;
    return true;
}

static bool take_offset(struct cursor *cursor, int64_t *us)
{
    *us = 0;
    if (cursor->at == cursor->end || take(cursor, 'Z') || take(cursor, 'z'))
        return true;
    bool west = take(cursor, '-');
    int hour, minute;
    if ((!west && !take(cursor, '+')) || !take_digits(cursor, 2, 0, 23, &hour))
        return false;
    take(cursor, ':');
    if (!take_digits(cursor, 2, 0, 59, &minute))
        return false;
    *us = (hour * HOUR_US + minute * MINUTE_US) * (west ? -1 : 1);
    return true;
}

enum status time_parse(const char *text, size_t size, int64_t *time_us)
{
    struct cursor cursor = {text, text + size};
    int64_t days, clock_us = 0, offset_us = 0;
    if (!take_date(&cursor, &days))
        return STATUS_INVALID;
    if (take(&cursor, 'T') || take(&cursor, 't') || take(&cursor, ' ')) {
        if (!take_clock(&cursor, &clock_us) || !take_offset(&cursor, &offset_us))
            return STATUS_INVALID;
    }
    assert(clock_us >= 0 && clock_us < DAY_US && offset_us > -DAY_US && offset_us < DAY_US);
    *time_us = days * DAY_US + clock_us - offset_us;
    bool in_range = *time_us >= 0 && *time_us < days_from_date(10000, 1, 1) * DAY_US;
    return cursor.at == cursor.end && in_range ? STATUS_OK : STATUS_INVALID;
}
