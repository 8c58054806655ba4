#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures honest callers under all attacks at once, beside the same in quiet, on real engines and
a process for each role. Ends with 1 if something that was accepted is lost or doubled, or an honest
caller was refused.

usage: attack.py [--seconds N] [--pin]    --pin: attackers on the last processor alone, the system
                                          and honest callers on the others
"""
import argparse
import os
import os
import pathlib
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "system"))

from harness.ecs import RealSystem  # noqa: E402
from harness.siege import DEFAULT_RATES, Siege, p99_ms  # noqa: E402

PER_SECOND = {"events": 1000, "transactions": 20, "analyses": 50}
DRAIN_LIMIT_S = 60


def measure(system, seconds, processors):
    siege = Siege(system, 1, PER_SECOND, processors)
    siege.honest(5)  # warms up
    quiet = siege.honest(seconds)
    with siege:
        attacked = siege.honest(seconds)
        answers, processor = siege.end()
    drained_s = siege.drained(DRAIN_LIMIT_S)
    siege.check()
    return quiet, attacked, answers, processor, drained_s


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--pin", action="store_true")
    options = parser.parse_args()
    last = None
    if options.pin:
        every = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, every[:-1])
        last = str(every[-1])
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ecs-bench-", dir="/tmp"))
    system = RealSystem(folder, {"SCORER": "fixed:0.25", "LOG_LEVEL": "warn", **DEFAULT_RATES})
    try:
        system.start()
        quiet, attacked, answers, processor, drained_s = measure(system, options.seconds, last)
    finally:
        system.end()
        shutil.rmtree(folder)
    for kind in quiet["taken_us"]:
        before, under = p99_ms(quiet, kind), p99_ms(attacked, kind)
        print(f"{kind:13} p99 {before:8.1f} ms in quiet, {under:8.1f} ms under attack: "
              f"{under / before:.1f} times")
    for name, counts in answers.items():
        print(f"{name}: {', '.join(f'{count} times {status}' for status, count in counts.items())}")
    print(f"the attackers used {processor:.0%} of a processor")
    print(f"drained {drained_s:.1f} s after the attack")
    faults = quiet["faults"] + attacked["faults"]
    print(f"honest requests: {sum(map(len, attacked['taken_us'].values()))} under attack,"
          f" {attacked['asked_again']} of them had to come again; refused: {len(faults)}",
          *faults[:3])
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
