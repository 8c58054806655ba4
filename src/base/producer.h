/* SPDX-License-Identifier: Apache-2.0
 *
 * The name of a producer of events: 1 to PRODUCER_MAX lower-case letters, digits and hyphens, the
 * first of them a letter. It says whose bad events are limited; it proves nothing.
 */
#ifndef ECS_BASE_PRODUCER_H
#define ECS_BASE_PRODUCER_H

#include <stdbool.h>

#include "base/slice.h"

bool producer_is_name(struct slice text);

/* `text`, or nothing if it is no name: what came so is nameless. */
struct slice producer_or_none(struct slice text);

#endif
