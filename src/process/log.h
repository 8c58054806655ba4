/* SPDX-License-Identifier: Apache-2.0
 *
 * One JSON line per event, on standard error: standard output is for what a command reports. A
 * server reports nothing else, so its lines go to standard output. A line holds no secret, address,
 * e-mail or payload: callers pass identifiers and counts only. Safe from any thread; a line is
 * written by one write.
 *
 * What may come in a flood goes through log_seldom: it is told once and then counted.
 *
 *   log_info("offer activated", LOG_TEXT("request_id", id), LOG_INTEGER("limit_cents", cents));
 */
#ifndef ECS_PROCESS_LOG_H
#define ECS_PROCESS_LOG_H

#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
    const char *name;
    const char *text; /* NULL: the number counts */
    int64_t number;
};

#define LOG_TEXT(name, text) ((struct log_field){(name), (text), 0})
#define LOG_INTEGER(name, number) ((struct log_field){(name), NULL, (number)})

/* Lines below `level` are dropped. Call once, before threads start. */
void log_start(enum log_level level);
/* Lines go to standard output from now on. Call it before threads start. */
void log_to_stdout(void);
void log_write(enum log_level level, const char *message, const struct log_field fields[],
               size_t count);

/* For each message and cause at most one line in LOG_SELDOM_US; its field `times` says how often it
 * came to this since the line before. Only LOG_CAUSES_MAX causes have lines of their own at a time,
 * those beyond share them: no flood of causes makes a flood of lines. */
enum { LOG_CAUSES_MAX = 64, LOG_SELDOM_US = 10 * 1000000, LOG_FIELDS_MAX = 8 };
void log_write_seldom(enum log_level level, const char *cause, const char *message,
                      const struct log_field fields[], size_t count);

#define LOG_AT(level, message, ...)                                                                \
    log_write((level), (message), (const struct log_field[]){__VA_ARGS__},                         \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
#define log_info(message, ...) LOG_AT(LOG_INFO, (message), __VA_ARGS__)
#define log_warn(message, ...) LOG_AT(LOG_WARN, (message), __VA_ARGS__)
#define log_error(message, ...) LOG_AT(LOG_ERROR, (message), __VA_ARGS__)
#define log_seldom(level, cause, message, ...)                                                     \
    log_write_seldom((level), (cause), (message), (const struct log_field[]){__VA_ARGS__},         \
                     sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

#endif
