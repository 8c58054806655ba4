/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/report.h"

#include <math.h>
#include <stdio.h>

#include "base/json_put.h"

static bool json;

void report_choose_json(void)
{
    json = true;
}

bool report_is_json(void)
{
    return json;
}

void report_begin(struct buf *report)
{
    buf_init(report, REPORT_MAX);
    json_put_open(report, '{');
}

void report_text(struct buf *report, const char *name, const char *value)
{
    json_put_key(report, name);
    json_put_text(report, value);
}

void report_integer(struct buf *report, const char *name, int64_t value)
{
    json_put_key(report, name);
    json_put_integer(report, value);
}

void report_boolean(struct buf *report, const char *name, bool value)
{
    json_put_key(report, name);
    json_put_boolean(report, value);
}

void report_decimal(struct buf *report, const char *name, int64_t value, int places)
{
    json_put_key(report, name);
    json_put_decimal(report, value, places);
}

void report_rounded(struct buf *report, const char *name, double value, int places)
{
    report_decimal(report, name, llround(value * pow(10, places)), places);
}

void report_time(struct buf *report, const char *name, int64_t time_us)
{
    json_put_key(report, name);
    json_put_time(report, time_us);
}

void report_uuid(struct buf *report, const char *name, const struct uuid *id)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    report_text(report, name, text);
}

void report_end(struct buf *report)
{
    json_put_close(report, '}');
    if (report->overflowed)
        fprintf(stderr, "ecs: the report is longer than %d bytes\n", REPORT_MAX);
    else
        puts(buf_slice(report).data);
    buf_free(report);
}
