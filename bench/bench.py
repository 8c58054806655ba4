#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures ECS beside the bare limits of what it is made of, in the same run.

usage: bench.py [--quick] [--only NAME]...    names: drain idle posts batches analyses freshness
                                           scoring

Prints a table, and writes bench/results.json. Everything runs in a folder of its own, on loopback
ports of its own, and is gone afterwards.
"""
import argparse
import datetime
import json
import pathlib
import shutil
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "system"))

import measurements  # noqa: E402
import results  # noqa: E402
from systems import EmbeddedBench, RealBench  # noqa: E402

STEPS = ("drain", "idle", "posts", "batches", "analyses", "freshness", "scoring")


def measure(plan, systems, steps):
    """Results in the order of the table."""
    whole = {
        "idle": lambda: measurements.idle(plan, systems),
        "posts": lambda: measurements.ingestion(plan, systems, 1),
        "batches": lambda: measurements.ingestion(plan, systems, 1000),
        "analyses": lambda: measurements.analyses(plan, systems),
        "freshness": lambda: measurements.freshness(plan, systems),
        "scoring": lambda: measurements.scoring(plan, systems),
    }
    found = {}

    def step(name, run):
        if name in steps or name == "replay":
            started = time.monotonic()
            print(f"{name} …", end="", flush=True)
            found[name] = run()
            print(f" {time.monotonic() - started:.0f} s", flush=True)

    step("drain", lambda: measurements.drain(plan, systems))
    for system in systems.values():
        system.empty()
        system.serve()
    for name, run in whole.items():
        step(name, run)
    memory = []
    if set(STEPS) == set(steps):
        memory = measurements.memory_most(systems) + measurements.memory_seven(systems)
    if "analyses" in steps:
        step("replay", lambda: measurements.replay(systems))
    order = ("posts", "batches", "drain", "analyses", "scoring", "replay", "freshness", "idle")
    return [result for name in order for result in found.get(name, [])] + memory


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append", choices=STEPS)
    options = parser.parse_args()
    plan = measurements.Plan(options.quick)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ecs-bench-", dir="/tmp"))
    systems = {}
    try:
        for kind in (EmbeddedBench, RealBench):
            systems[kind.kind] = kind(folder / kind.kind)
            systems[kind.kind].populate(plan.people, plan.people + plan.new_people + 1)
        found = measure(plan, systems, options.only or STEPS)
    finally:
        for system in systems.values():
            system.end()
        shutil.rmtree(folder)
    machine = results.machine()
    print("\n" + results.markdown(found) + "\n")
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    report = {"date": datetime.date.today().isoformat(), "machine": machine,
              "results": [vars(result) | {"target": result.target and result.target.text(),
                                          "reached": result.verdict()} for result in found]}
    path = ROOT / "bench" / "results.json"
    path.write_text(json.dumps(report, indent=1, default=str) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
