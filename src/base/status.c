/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

#include <assert.h>

struct status_row {
    int http;
    enum outcome outcome;
    const char *name;
    const char *title;
};

static const struct status_row rows[STATUS_COUNT] = {
#define STATUS(name, http, outcome, title)                                                         \
    [STATUS_##name] = {http, OUTCOME_##outcome, #name, title},
#include "base/status.def"
#undef STATUS
};

static const struct status_row *row(enum status status)
{
    assert((unsigned)status < STATUS_COUNT);
    return &rows[status];
}

int status_http(enum status status)
{
    return row(status)->http;
}

enum outcome status_outcome(enum status status)
{
    return row(status)->outcome;
}

const char *status_name(enum status status)
{
    return row(status)->name;
}

const char *status_title(enum status status)
{
    return row(status)->title;
}
