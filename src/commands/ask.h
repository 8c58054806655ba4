/* SPDX-License-Identifier: Apache-2.0
 *
 * A request to a running `ecs serve`, for commands that look at one.
 */
#ifndef ECS_COMMANDS_ASK_H
#define ECS_COMMANDS_ASK_H

#include "base/buf.h"

enum { ASK_URL_MAX = 1100, ASK_FAULT_MAX = 255, ASK_ANSWER_MAX = 4 * 1024 * 1024 };

/* Where the server of that LISTEN is asked: without a host, or with one that means every
 * interface, on the loopback. No path at the end. */
void ask_url_of(const char *listen, char url[ASK_URL_MAX + 1]);
/* GET url + path, for 5 s at most. Returns the HTTP status with the body in `answer`, which the
 * caller has initialised; 0 with a reason in `fault` if there was no answer. */
long ask_get(const char *url, const char *path, struct buf *answer, char fault[ASK_FAULT_MAX + 1]);

#endif
