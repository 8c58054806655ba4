/* SPDX-License-Identifier: Apache-2.0
 *
 * "127.0.0.1:9999" or "[::1]:0" → a listening socket.
 */
#ifndef ECS_HTTP_LISTEN_H
#define ECS_HTTP_LISTEN_H

#include "base/status.h"

/* Not OK: the reason is logged. `*port` is the one that was bound. */
MUST_CHECK enum status listen_open(const char *address, int *fd, int *port);

#endif
