# SPDX-License-Identifier: Apache-2.0
"""Processes whose clock is wrong, and is set while they run."""
import itertools
import os
import pathlib
import random
import struct
import subprocess
import threading

SOURCE = pathlib.Path(__file__).with_name("clock_shift.c")
HOUR_S = 3600
# With a seed in it, every process of a role has a clock of its own: see docs/testing.md.
SKEW_SEED = os.environ.get("ECS_CLOCK_SKEW")
_numbers = itertools.count()
_building = threading.Lock()


class Clock:
    """A time of day that is so many seconds ahead of the true one; the monotonic clock is not
    touched. `environment` gives it to a process."""

    def __init__(self, folder, ahead_s):
        folder = pathlib.Path(folder)
        library = folder / "clock_shift.so"
        with _building:
            if not library.exists():
                subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", "-o", library,
                                SOURCE], check=True)
        self.file = folder / f"clock{next(_numbers)}"
        self.file.write_bytes(struct.pack("=q", ahead_s))
        self.ahead_s = ahead_s
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_SHIFT_FILE": str(self.file)}

    def step(self, by_s):
        """Sets the clock, which is noticed at once."""
        self.ahead_s += by_s
        if self.file.exists():  # a system that ended early has taken its folder along
            with open(self.file, "r+b") as file:
                file.write(struct.pack("=q", self.ahead_s))


def clock_shifted(folder, seconds):
    """The environment of a process whose time of day is so far ahead."""
    return Clock(folder, seconds).environment


def clock_of(name, folder):
    """The clock of a process under ECS_CLOCK_SKEW: up to an hour wrong, and set by an hour once,
    some seconds after its start. The same seed gives the same to processes of the same name."""
    chance = random.Random(f"{SKEW_SEED} {name}")
    clock = Clock(folder, chance.randint(-HOUR_S, HOUR_S))
    step = threading.Timer(chance.uniform(1, 8), clock.step, [chance.choice((-HOUR_S, HOUR_S))])
    step.daemon = True
    step.start()
    return clock
