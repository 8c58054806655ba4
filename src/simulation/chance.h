/* SPDX-License-Identifier: Apache-2.0
 *
 * Chance that is drawn again to the bit: hashes of a seed in place of a generator with a state, and
 * the few functions of the reals that a drawn life needs, in integers.
 *
 * Reals are millionths. Functions are exact to a few millionths unless said otherwise.
 */
#ifndef ECS_SIMULATION_CHANCE_H
#define ECS_SIMULATION_CHANCE_H

#include <stdint.h>

/* The draw of this number and use: the same whenever it is asked for, and independent of all with
 * another seed, use or number. */
uint64_t chance_of(uint64_t seed, uint64_t use, uint64_t number);

/* 0 to end − 1, evenly; `end` is above 0 and far below 2^64. */
int64_t chance_below(uint64_t word, int64_t end);
/* Mean 0 and standard deviation 1, between −3.47 and 3.47: the sum of the four 16-bit parts of
 * `word` (Irwin and Hall), which is near enough to a normal draw. */
int64_t chance_normal(uint64_t word);
/* A slow wave: draws like chance_normal() at every multiple of `period`, straight lines between
 * them. `at` is not below 0. */
int64_t chance_wave(uint64_t seed, uint64_t use, int64_t at, int64_t period);

/* a × b. */
int64_t chance_times(int64_t a, int64_t b);
int64_t chance_clamp(int64_t value, int64_t least, int64_t most);
/* e^x for x up to 16; 0 below −16. */
int64_t chance_exp(int64_t x);
/* 1 / (1 + e^−x). */
int64_t chance_logistic(int64_t x);

#endif
