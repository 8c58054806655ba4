#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a suite of the store's contract again and again, while one thing fails: another each time.

usage: contract.py SUITE

The test in which it fails may fail, no other; the program must neither crash, hang, nor meet an
assertion of its own. Things fail at numbers further and further apart, so that a suite of ten
thousand takes a few runs; with TORTURE_ALL set, some thirty of each kind.
"""
import concurrent.futures
import os
import subprocess
import sys

KINDS = ["an allocation", "a call", "an answer"]
LIMIT_S = 120


def run(suite, kind, number):
    """Whether the suite came to that number; what went wrong is told by an exception."""
    environment = {**os.environ, "FAILING": f"{kind}:{number}"}
    # A test that fails half-way leaves what it had.
    environment["ASAN_OPTIONS"] = "detect_leaks=0"
    done = subprocess.run([suite], env=environment, capture_output=True, text=True,
                          timeout=LIMIT_S, check=False)
    if done.returncode not in (0, 1) or "[  PASSED  ]" not in done.stderr + done.stdout:
        raise AssertionError(f"{KINDS[kind]}, number {number}: ended with {done.returncode}\n"
                             + "\n".join((done.stdout + done.stderr).splitlines()[-60:]))
    return "it happened" in done.stdout


def numbers(growth):
    number = 1
    while True:
        yield number
        number = int(number * growth) + 1


def fail_each(suite, kind, growth):
    for count, number in enumerate(numbers(growth)):
        if not run(suite, kind, number):
            assert count > 1, f"{KINDS[kind]}: only {count} times"
            return count


def main():
    growth = 1.3 if "TORTURE_ALL" in os.environ else 7
    with concurrent.futures.ThreadPoolExecutor(len(KINDS)) as pool:
        for kind, count in enumerate(pool.map(lambda kind: fail_each(sys.argv[1], kind, growth),
                                              range(len(KINDS)))):
            print(f"{KINDS[kind]} failed in {count} runs")


main()
