/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/bus_driver.h"

#include "process/log.h"

/* How long a flush waits for something to do, which is how soon a stop is noticed; and how long a
 * bus that fails is left alone. */
enum { WAIT_US = 250000, PAUSE_US = 500000 };

static void *drive(void *argument)
{
    struct bus_driver *driver = argument;
    while (!stop_wait(&driver->stop, 0)) {
        if (bus_flush(driver->bus, WAIT_US) != STATUS_OK && stop_wait(&driver->stop, PAUSE_US))
            break;
    }
    if (bus_flush(driver->bus, 0) != STATUS_OK)
        log_warn("bus not flushed at the end", LOG_TEXT("bus", driver->bus->ops->name));
    return NULL;
}

enum status bus_driver_start(struct bus_driver *driver, struct bus *bus)
{
    driver->bus = bus;
    if (bus == NULL)
        return STATUS_OK;
    stop_init(&driver->stop);
    if (pthread_create(&driver->thread, NULL, drive, driver) == 0)
        return STATUS_OK;
    stop_destroy(&driver->stop);
    return STATUS_UNAVAILABLE;
}

void bus_driver_stop(struct bus_driver *driver)
{
    if (driver->bus == NULL)
        return;
    stop_set(&driver->stop);
    pthread_join(driver->thread, NULL);
    stop_destroy(&driver->stop);
}
