#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures honest callers under all attacks at once, beside the same in quiet, on real engines and
a process for each role. Ends with 1 if something that was accepted is lost or doubled, or an honest
caller was refused.

usage: attack.py [--seconds N] [--rounds N] [--pin]
       --pin: attackers on the last processor alone, the system and honest callers on the others

Quiet and attack in turns, so that what else the machine does weighs on both. Medians of the rounds,
with the least and the most.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "system"))

from harness.ecs import RealSystem  # noqa: E402
from harness.siege import DEFAULT_RATES, Siege, p99_ms  # noqa: E402

PER_SECOND = {"events": 1000, "transactions": 20, "analyses": 50}
DRAIN_LIMIT_S = 60


def measure(siege, seconds, found):
    """Adds a round to what is `found`: quiet, then attacked."""
    found["quiet"].append(siege.honest(seconds))
    with siege:
        found["attacked"].append(siege.honest(seconds))
        found["answers"], processor = siege.end()
    found["drained_s"].append(siege.drained(DRAIN_LIMIT_S))
    found["processor"].append(processor)
    siege.check()


def spread(values, form="{:.1f}"):
    return f"{form} ({form}–{form})".format(statistics.median(values), min(values), max(values))


def tell(found):
    """False: an honest caller was refused."""
    for kind in found["quiet"][0]["taken_us"]:
        quiet, attacked = ([p99_ms(one, kind) for one in found[when]]
                           for when in ("quiet", "attacked"))
        print(f"{kind}: p99 {spread(quiet)} ms in quiet, {spread(attacked)} ms under attack, "
              f"{statistics.median(attacked) / statistics.median(quiet):.1f} times")
    for name, counts in found["answers"].items():
        told = [f"{count} times {status}" for status, count in counts.items()]
        print(f"{name}: {', '.join(told) or 'no answer'}")
    print(f"the attackers used {spread(found['processor'], '{:.0%}')} of a processor")
    print(f"drained {spread(found['drained_s'])} s after the attack")
    every = found["quiet"] + found["attacked"]
    faults = [fault for one in every for fault in one["faults"]]
    answered = sum(len(times) for one in every for times in one["taken_us"].values())
    again = sum(one["asked_again"] for one in every)
    print(f"honest requests: {answered}, that had to come again: {again},"
          f" refused: {len(faults)}", *faults[:3])
    return not faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=15, help="of each part of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pin", action="store_true")
    options = parser.parse_args()
    last = None
    if options.pin:
        every = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, every[:-1])
        last = str(every[-1])
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ecs-bench-", dir="/tmp"))
    system = RealSystem(folder, {"SCORER": "fixed:0.25", "LOG_LEVEL": "warn", **DEFAULT_RATES})
    found = {"quiet": [], "attacked": [], "drained_s": [], "processor": []}
    try:
        system.start()
        siege = Siege(system, 1, PER_SECOND, last)
        siege.honest(5)  # warms up
        for _ in range(options.rounds):
            measure(siege, options.seconds, found)
    finally:
        system.end()
        shutil.rmtree(folder)
    return 0 if tell(found) else 1


if __name__ == "__main__":
    sys.exit(main())
