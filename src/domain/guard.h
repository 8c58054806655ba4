/* SPDX-License-Identifier: Apache-2.0
 *
 * The emotion guard: how much feelings may matter for credit.
 */
#ifndef ECS_DOMAIN_GUARD_H
#define ECS_DOMAIN_GUARD_H

#include <stdbool.h>
#include <stdint.h>

/* may_only_help: the lesser of the risks with and without emotions decides, so that feelings never
 * cost anybody anything. full: the risk with emotions. off: the risk without them. */
enum emotion_guard { GUARD_MAY_ONLY_HELP, GUARD_FULL, GUARD_OFF, GUARD_COUNT };

/* Which risk decided: of all features, or of the financial ones alone. */
enum risk_basis { BASIS_FULL, BASIS_FINANCIAL, BASIS_COUNT };

/* Where no recent feelings are known, the financial risk decides under every guard. */
enum risk_basis guard_choose(enum emotion_guard guard, bool emotions_known, int32_t risk_full,
                             int32_t risk_financial);

/* The risk that a loss is to be expected by, whatever decided: a model's best estimate of what will
 * come. The lesser of two estimates, which may decide, errs on the low side. */
int32_t guard_expected_risk(bool emotions_known, int32_t risk_full, int32_t risk_financial);

const char *guard_name(enum emotion_guard guard);
/* False if there is none of that name. */
bool guard_parse(const char *name, enum emotion_guard *guard);

const char *risk_basis_name(enum risk_basis basis);
bool risk_basis_parse(const char *name, enum risk_basis *basis);

#endif
