/* SPDX-License-Identifier: Apache-2.0
 *
 * Which known word somebody may have meant who wrote another: for "did you mean" in messages.
 */
#ifndef ECS_BASE_LIKENESS_H
#define ECS_BASE_LIKENESS_H

#include <stdbool.h>

/* True if `word` becomes `known` by few changes: one for every three of its bytes, and at least
 * one. A change puts in, takes out or replaces a byte, or swaps two that stand side by side
 * (the optimal string alignment distance). Words longer than 63 bytes are like no other. */
bool likeness_is_close(const char *word, const char *known);

#endif
