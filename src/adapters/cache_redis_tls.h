/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS over a socket that never blocks: each call says what it waits for, and its caller waits as
 * long as it has time. hiredis 0.14.1 has no TLS of its own. One thread at a time.
 */
#ifndef ECS_ADAPTERS_CACHE_REDIS_TLS_H
#define ECS_ADAPTERS_CACHE_REDIS_TLS_H

#include <stddef.h>

#include "base/status.h"

struct redis_tls;

enum redis_tls_result { REDIS_TLS_DONE, REDIS_TLS_READABLE, REDIS_TLS_WRITABLE, REDIS_TLS_FAILED };

/* `ca_file`: what a server must be certified by; empty: whatever this machine trusts. INVALID: it
 * holds no certificates. */
MUST_CHECK enum status redis_tls_open(const char *ca_file, struct redis_tls **tls);
void redis_tls_close(struct redis_tls *tls); /* NULL is nothing */

/* A new connection over `fd`, which stays the caller's, to a host of that name or address. */
MUST_CHECK enum status redis_tls_begin(struct redis_tls *tls, int fd, const char *host);
void redis_tls_end(struct redis_tls *tls);

/* DONE: the server has shown that it is the host. */
enum redis_tls_result redis_tls_handshake(struct redis_tls *tls);
/* DONE: `*moved` bytes were written or read, at least one. */
enum redis_tls_result redis_tls_write(struct redis_tls *tls, const void *data, size_t size,
                                      size_t *moved);
enum redis_tls_result redis_tls_read(struct redis_tls *tls, void *data, size_t size, size_t *moved);

#endif
