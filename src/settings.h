/* SPDX-License-Identifier: Apache-2.0
 *
 * environment → settings, by the table options.def. All faults are found at once, and each names
 * its variable and the limit; no value of a secret is ever in a fault.
 */
#ifndef ECS_SETTINGS_H
#define ECS_SETTINGS_H

#include <stdint.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/status.h"
#include "process/log.h"

enum { SETTING_TEXT_MAX = 1024 };

struct settings {
#define SETTING_TEXT(field) char field[SETTING_TEXT_MAX + 1];
#define SETTING_SECRET(field) char field[SETTING_TEXT_MAX + 1];
#define SETTING_INTEGER(field) int64_t field;
#define OPTION(name, field, kind, fallback, least, most, help) SETTING_##kind(field)
#include "options.def"
#undef OPTION
#undef SETTING_TEXT
#undef SETTING_SECRET
#undef SETTING_INTEGER
    enum log_level log_threshold; /* log_level, parsed */
    struct address_list proxies;  /* trusted_proxies, parsed */
};

/* INVALID: `faults` holds one line for each. */
MUST_CHECK enum status settings_load(struct settings *settings, struct buf *faults);

/* Logs each variable that is not read though its name looks like one of ours. */
void settings_warn(void);

/* No engine is configured: all run in this process. */
bool settings_are_embedded(const struct settings *settings);

/* Embedded mode: reads the secret `name` from `data_dir`, or makes a random one of 64 hexadecimal
 * digits and keeps it there, mode 0600, whole or not at all. With a line in `faults`: INVALID if it
 * cannot or if the secret is shorter than SECRET_MIN; UNAVAILABLE if waiting may mend it. */
MUST_CHECK enum status settings_own_secret(const char *data_dir, const char *name, char *secret,
                                           struct buf *faults);

/* The table, as `ecs serve --help` shows it. */
void settings_help(struct buf *out);

#endif
