/* SPDX-License-Identifier: Apache-2.0
 *
 * `make bench-scale`: what more processes of a role bring, on the engines that are configured.
 */
#ifndef ECS_BENCH_SCALE_H
#define ECS_BENCH_SCALE_H

#include <stdatomic.h>

#include "auth/token.h"
#include "base/buf.h"
#include "commands/simulate.h"
#include "ports/bus.h"
#include "ports/clock.h"
#include "ports/entropy.h"
#include "scale_children.h"

enum { BENCH_COUNTS_MAX = 8 };

/* How many processes, one measurement after the other. */
struct bench_counts {
    size_t counts[BENCH_COUNTS_MAX];
    size_t count;
};

struct bench_options {
    struct bench_counts workers;
    struct bench_counts replicas;
    int64_t events; /* of a backlog */
    int64_t people;
};

struct bench_tools {
    const char *internal_key;
    const struct token_keys *tokens;
    struct store *store; /* its schema is current */
    struct bus *bus;
    struct clock *clock;
    struct entropy *entropy;
};

/* What the measurements share. */
struct bench {
    const struct bench_options *options;
    const struct bench_tools *tools;
    struct account *accounts; /* options->people of them, with tokens */
    const atomic_bool *stop;  /* a signal came: end soon, with TIMED_OUT */
    struct buf report;        /* every row again, as JSON */
};

/* Measures workers on backlogs, and prints a row for each count. Not OK: told, or stopped; so is
 * the next. */
MUST_CHECK enum status bench_workers(struct bench *bench);
/* Measures API replicas under load, and prints a row for each count. */
MUST_CHECK enum status bench_replicas(struct bench *bench);

/* The last columns of every table: where the processor time went, and what limits `rate`;
 * `before` is that of the row above, or 0. */
#define BENCH_USAGE_HEAD "idle %%   ecs  load others limit"
enum { BENCH_TABLE_MAX = 4096 };
void bench_usage_add(struct buf *table, const struct bench_usage *used, double rate, double before);
/* A row of the JSON report: what was measured, on how many processes, and its rate a second. The
 * caller adds its own figures, then bench_row_end() those of the last columns. */
void bench_row_begin(struct buf *report, const char *what, size_t count, double rate);
void bench_row_end(struct buf *report, const struct bench_fairness *fairness,
                   const struct bench_usage *used, double rate, double before);

#endif
