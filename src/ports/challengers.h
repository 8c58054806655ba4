/* SPDX-License-Identifier: Apache-2.0
 *
 * Port: challengers, further models and policies that see every decision in shadow. Adapter:
 * challengers_folder.
 */
#ifndef ECS_PORTS_CHALLENGERS_H
#define ECS_PORTS_CHALLENGERS_H

#include "domain/decision.h"
#include "ports/scorer.h"

enum { CHALLENGERS_MAX = 8 };

struct challenger {
    char name[CHALLENGER_NAME_MAX + 1];
    struct scorer *model; /* NULL: the risks that were recorded */
    bool has_policy;      /* false: the policy that decides now */
    struct policy policy;
    int64_t seen_us; /* decisions of before are done; 0: none was looked for yet */
};

/* Of a whole process; used by one tick, on one thread. */
struct challengers {
    size_t count;
    struct challenger list[CHALLENGERS_MAX];
};

#endif
