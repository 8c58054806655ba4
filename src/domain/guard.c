/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/guard.h"

#include <string.h>

static const char *const guard_names[GUARD_COUNT] = {"may_only_help", "full", "off"};
static const char *const basis_names[BASIS_COUNT] = {"full", "financial"};

enum risk_basis guard_choose(enum emotion_guard guard, bool emotions_known, int32_t risk_full,
                             int32_t risk_financial)
{
    if (!emotions_known || guard == GUARD_OFF)
        return BASIS_FINANCIAL;
    return guard == GUARD_FULL || risk_full <= risk_financial ? BASIS_FULL : BASIS_FINANCIAL;
}

int32_t guard_expected_risk(bool emotions_known, int32_t risk_full, int32_t risk_financial)
{
    return emotions_known ? risk_full : risk_financial;
}

static int find(const char *const names[], int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    return -1;
}

const char *guard_name(enum emotion_guard guard)
{
    return guard_names[guard];
}

bool guard_parse(const char *name, enum emotion_guard *guard)
{
    int found = find(guard_names, GUARD_COUNT, name);
    if (found >= 0)
        *guard = (enum emotion_guard)found;
    return found >= 0;
}

const char *risk_basis_name(enum risk_basis basis)
{
    return basis_names[basis];
}

bool risk_basis_parse(const char *name, enum risk_basis *basis)
{
    int found = find(basis_names, BASIS_COUNT, name);
    if (found >= 0)
        *basis = (enum risk_basis)found;
    return found >= 0;
}
