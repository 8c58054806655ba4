/* SPDX-License-Identifier: Apache-2.0
 *
 * What `ecs backtest` is made of. Reading: the decision log -> a backtest; two threads read and
 * count, each with a handle of its own. Figures: the numbers of a backtest in words, the same on
 * the terminal and on the page. The page.
 */
#ifndef ECS_COMMANDS_BACKTEST_H
#define ECS_COMMANDS_BACKTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "domain/backtest.h"
#include "model/model.h"

/* Reading ---------------------------------------------------------------------------------- */

struct store;

enum { BACKTEST_READERS = 2 };

/* Counts all that was decided at or after `since_us` into `backtest`, which must be initialised.
 * Offers and simulated people are kept in memory meanwhile, 48 to 96 bytes for each. UNAVAILABLE:
 * the database failed, or memory is out. */
MUST_CHECK enum status backtest_read(struct store *const stores[BACKTEST_READERS], int64_t since_us,
                                     struct backtest *backtest);

/* The same, but the candidate weighs what `model`, whose columns are the features, says of what was
 * recorded of them, not the risks that were recorded. INTERNAL too: the model failed. One thread
 * reads; the model takes as many as there are processors. */
MUST_CHECK enum status backtest_read_scored(struct store *const stores[BACKTEST_READERS],
                                            int64_t since_us, struct model *model,
                                            struct backtest *backtest);

/* Figures ---------------------------------------------------------------------------------- */

struct figure_text {
    char data[48];
};

/* How a number is shown: as it is, or as a change, with its sign. */
enum figure_sign { FIGURE_PLAIN, FIGURE_CHANGE };

struct figure_text figure_count(int64_t count, enum figure_sign sign); /* 1,234,567 */
struct figure_text figure_money(int64_t cents, enum figure_sign sign); /* 1,234.56 */
struct figure_text figure_units(int64_t cents, enum figure_sign sign); /* 1,235: whole units */
struct figure_text figure_percent(int64_t bp, enum figure_sign sign);  /* 12.34 %, +12.34 pp */
struct figure_text figure_risk(int32_t risk);                          /* 0.612345 */
struct figure_text figure_approved(const struct backtest_sum *sum);    /* 83.98 %; "-" of none */
/* "denied", or the limit and the rate. */
struct figure_text figure_terms(const struct backtest_terms *terms);

/* A row about the decisions of one kind: how many, their exposure, and how it changes. */
struct figure_pair {
    struct figure_text decisions;
    struct figure_text recorded;
    struct figure_text candidate;
    struct figure_text change;
    struct figure_text loss_change; /* of the expected loss */
};
struct figure_pair figure_pair_of(const struct backtest_pair *pair);

/* A row of the comparison: one number of all decisions, before and after. */
struct figure {
    const char *name;
    struct figure_text recorded;
    struct figure_text candidate;
    struct figure_text change;
};
enum { FIGURES = 8 };
void figure_table(const struct backtest_pair *pair, struct figure figures[FIGURES]);

/* A row of a table by something: those decisions alone. */
struct segment {
    char name[48];
    const char *detail; /* the policy's; "" if there is none */
    struct backtest_pair pair;
};
enum { SEGMENTS_MAX = POLICY_BANDS_MAX };
_Static_assert((int)SEGMENTS_MAX >= (int)BACKTEST_TENTHS &&
                   (int)SEGMENTS_MAX >= (int)BACKTEST_GROUPS,
               "every table's rows have room");

/* How many rows; so are the next two. */
size_t segment_by_band(const struct backtest *backtest, struct segment segments[SEGMENTS_MAX]);
size_t segment_by_risk(const struct backtest *backtest, struct segment segments[SEGMENTS_MAX]);
/* Those groups that have decisions. */
size_t segment_by_group(const struct backtest *backtest, struct segment segments[SEGMENTS_MAX]);

/* What came out differently; false: nothing did. */
bool figure_any_differs(const struct backtest *backtest);

/* The page --------------------------------------------------------------------------------- */

/* Appends the backtest as one page that needs nothing beside it: no script, no font, no picture. */
void backtest_html(const struct backtest *backtest, struct buf *out);

#endif
