/* SPDX-License-Identifier: Apache-2.0
 *
 * A currency by its letters, ISO 4217. A deployment has one.
 */
#ifndef ECS_DOMAIN_CURRENCY_H
#define ECS_DOMAIN_CURRENCY_H

#include <stdbool.h>

#include "limits.h"

/* True of three letters from A to Z. */
bool currency_is_good(const char *currency);

#endif
