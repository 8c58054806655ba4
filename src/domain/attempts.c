/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/attempts.h"

#include "limits.h"

int64_t attempts_wait_us(const struct attempts *attempts, int64_t free_max)
{
    if (attempts->failures < free_max || attempts->age_us < 0)
        return 0;
    int64_t wait_us = FAILED_LOGIN_WAIT_US;
    for (int64_t i = free_max; i < attempts->failures && wait_us < FAILED_LOGIN_WAIT_US_MAX; i++)
        wait_us *= 2;
    if (wait_us > FAILED_LOGIN_WAIT_US_MAX)
        wait_us = FAILED_LOGIN_WAIT_US_MAX;
    return wait_us > attempts->age_us ? wait_us - attempts->age_us : 0;
}
