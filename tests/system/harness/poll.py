# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition, with a limit: the only place where a system test sleeps."""
import time

LIMIT_S = 30


def until(what, condition, limit_s=LIMIT_S, pause_s=0.02):
    """The first true value of condition(); fails after limit_s, naming `what`."""
    end = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit_s} s: {what} (last: {value!r})")
        time.sleep(pause_s)
