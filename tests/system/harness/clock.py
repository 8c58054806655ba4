# SPDX-License-Identifier: Apache-2.0
"""Processes whose clock is wrong."""
import pathlib
import subprocess

SOURCE = pathlib.Path(__file__).with_name("clock_shift.c")


def clock_shifted(folder, seconds):
    """The environment of a process whose time of day is so far ahead."""
    library = pathlib.Path(folder) / "clock_shift.so"
    if not library.exists():
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", "-o", library, SOURCE],
                       check=True)
    return {"LD_PRELOAD": str(library), "CLOCK_SHIFT_S": str(seconds)}
