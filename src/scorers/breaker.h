/* SPDX-License-Identifier: Apache-2.0
 *
 * A decorator: guards any scorer with the breaker of domain/breaker.h. The gate holds the state,
 * one for the process, behind a lock; each thread has a scorer of its own in front of it.
 */
#ifndef ECS_SCORERS_BREAKER_H
#define ECS_SCORERS_BREAKER_H

#include "ports/clock.h"
#include "ports/entropy.h"
#include "ports/scorer.h"

struct breaker_gate;

struct breaker_gate *breaker_gate_create(struct clock *clock, struct entropy *entropy);
void breaker_gate_destroy(struct breaker_gate *gate);

/* Owns `inner` if OK. The gate must outlive the scorer. UNAVAILABLE: out of memory. */
MUST_CHECK enum status scorer_breaker_open(struct breaker_gate *gate, struct scorer *inner,
                                           struct scorer **scorer);

#endif
