/* SPDX-License-Identifier: Apache-2.0
 *
 * The thread that drives the bus by calling bus_flush again and again. Embedded, that is what makes
 * a publication durable; a role that empties the outbox calls it as well. With NATS the server
 * stores, and a flush tends the connection. This thread is the last to stop, for whoever drains
 * waits for what it published.
 */
#ifndef ECS_RUNNER_BUS_DRIVER_H
#define ECS_RUNNER_BUS_DRIVER_H

#include <pthread.h>

#include "ports/bus.h"
#include "process/steady.h"

struct bus_driver {
    struct bus *bus; /* NULL: there is none to drive, and no thread */
    struct stop stop;
    pthread_t thread;
};

/* UNAVAILABLE: there is no thread to be had, and nothing to stop. */
MUST_CHECK enum status bus_driver_start(struct bus_driver *driver, struct bus *bus);
/* Returns once what was published is stored, or its publishers were told that it is not. */
void bus_driver_stop(struct bus_driver *driver);

#endif
