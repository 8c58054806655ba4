/* SPDX-License-Identifier: Apache-2.0
 *
 * Time as text: ISO 8601 (the RFC 3339 profile) to and from microseconds since 1970-01-01 UTC.
 */
#ifndef ECS_BASE_TIME_TEXT_H
#define ECS_BASE_TIME_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { TIME_TEXT_SIZE = 28 }; /* "2026-01-31T23:59:59.123456Z" and its zero */

/* Writes the time with six decimals and a Z. Years 1970 to 9999. */
void time_format(int64_t time_us, char text[TIME_TEXT_SIZE]);

/* Reads "2026-01-31", or date and time parted by T, t or a space, seconds optional, up to nine
 * decimals (cut to six), with an offset or Z; without one the time is UTC, as the seed's clients
 * send it. STATUS_INVALID if it is no such time or lies outside 1970 to 9999. */
MUST_CHECK enum status time_parse(const char *text, size_t size, int64_t *time_us);

#endif
