/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/report.h"

#include <math.h>
#include <stdio.h>

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
    json_put_open(report, NULL, '{');
}

void report_rounded(struct buf *report, const char *name, double value, int places)
{
    json_put_decimal(report, name, llround(value * pow(10, places)), places);
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
