/* SPDX-License-Identifier: Apache-2.0
 *
 * tiles of one person + a moment → features. One pure function for the API, for training and for
 * replay, on integers only, so that equal tiles give equal bits everywhere.
 *
 * A window of N days as of a moment holds the last 24·N hourly tiles (emotions) or the last N
 * daily tiles (transactions), the one that the moment lies in included.
 */
#ifndef ECS_DOMAIN_FEATURES_H
#define ECS_DOMAIN_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "domain/event.h"

/* COUNT: a whole number. CENTS: money. SHARE: millionths, 0 to 1,000,000. CHANGE: millionths,
 * -1,000,000 to 1,000,000. */
enum feature_unit { UNIT_COUNT, UNIT_CENTS, UNIT_SHARE, UNIT_CHANGE };
enum feature_group { GROUP_FINANCIAL, GROUP_EMOTIONAL };
/* What a feature tells of; those of one family say nearly the same. */
enum feature_family {
    FAMILY_ACTIVITY,
    FAMILY_TURNOVER,
    FAMILY_SIZE,
    FAMILY_INCOME,
    FAMILY_SPENDING,
    FAMILY_RECENCY,
    FAMILY_TENURE,
    FAMILY_POSITIVITY,
    FAMILY_INTENSITY,
    FAMILY_STRESS,
    FAMILY_ATTENTION
};
/* What a greater value can mean for the risk. */
enum feature_direction { DIRECTION_DOWN = -1, DIRECTION_FREE = 0, DIRECTION_UP = 1 };

enum feature {
#define FEATURE(name, ...) FEATURE_##name,
#include "domain/features.def"
#undef FEATURE
    FEATURE_COUNT
};

struct feature_definition {
    const char *name;
    enum feature_unit unit;
    enum feature_group group;
    enum feature_family family;
    enum feature_direction direction;
    const char *words;            /* English */
    const char *words_portuguese; /* UTF-8 */
};

extern const struct feature_definition feature_definitions[FEATURE_COUNT];

/* Which feature (enum feature) has this name; -1 if none has. */
int feature_named(const char *name);

struct features {
    int64_t values[FEATURE_COUNT]; /* in the unit of the definition */
};

/* Changes when a feature is added, renamed or computed otherwise. */
#define FEATURES_SCHEMA 2

enum feature_window { WINDOW_24H, WINDOW_7D, WINDOW_30D, WINDOW_90D, WINDOW_COUNT };
/* The longest window of each kind of tile. */
#define EMOTION_WINDOW_MAX WINDOW_30D
#define TRANSACTION_WINDOW_MAX WINDOW_90D

/* The tiles of one person that the longest windows can need; ascending by time. */
struct person_tiles {
    int64_t registered_us;
    size_t emotion_count;
    size_t transaction_count;
    struct emotion_tile emotions[EMOTION_TILES_MAX];
    struct transaction_tile transactions[TRANSACTION_TILES_MAX];
};

/* Start of the first tile within the longest window as of `now_us`: what a store must read. */
int64_t features_emotions_from_us(int64_t now_us);
int64_t features_transactions_from_us(int64_t now_us);

/* All emotion (transaction) tiles within a window, merged. */
struct emotion_tile person_tiles_emotions(const struct person_tiles *tiles,
                                          enum feature_window window, int64_t now_us);
struct transaction_tile person_tiles_transactions(const struct person_tiles *tiles,
                                                  enum feature_window window, int64_t now_us);

struct features features_compute(const struct person_tiles *tiles, int64_t now_us);

/* What is known of somebody of whom no event is: the values of empty windows. */
struct features features_empty(void);

/* The same person, of whose feelings nothing is known. */
struct features features_without_emotions(const struct features *features);

/* True if feelings of the last 7 days are known: older ones say nothing of a person any more. */
bool features_emotions_known(const struct features *features);

/* Features are the same for all moments within one hour, unless an event comes in: they are
 * computed as of the start of this period. */
int64_t features_period_us(int64_t now_us);

#endif
