#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs everything that proves ECS, step by step, and ends with one line: N passed, N failed.

usage: test.py [STEP...]        all steps in order, or those named; --list names them

A step counts the test cases it ran; a build or a check counts as one. Counts come from what the
test runners wrote down (meson's JSON log, pytest's JUnit file), never from their screen output.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
PYTHON = "/usr/bin/python3"
CASES = re.compile(r"^\[ +(PASSED|FAILED) +\] (\d+) test\(s\)", re.MULTILINE)

SANITIZERS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
    "LSAN_OPTIONS": f"suppressions={ROOT}/tests/lsan.supp:print_suppressions=0",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": f"halt_on_error=1:second_deadlock_stack=1:suppressions={ROOT}/tests/tsan.supp",
}


def run(*command, **environment):
    """Runs a command in the project's folder with its output on this screen; True if it exits 0."""
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}).returncode == 0


def once(passed):
    """What a build or a check counts."""
    return (1, 0) if passed else (0, 1)


def build(folder, compiler, *options):
    if not (ROOT / folder / "build.ninja").exists():
        shutil.rmtree(ROOT / folder, ignore_errors=True)
        setup = subprocess.run(["meson", "setup", folder, "--werror", *options], cwd=ROOT,
                               env={**os.environ, "CC": compiler}, capture_output=True, text=True)
        if setup.returncode != 0:
            print(setup.stdout + setup.stderr)
            return False
    return run("ninja", "-C", folder, "--quiet")


def meson_counts(log):
    """(passed, failed) cases of all test programs in a meson JSON log."""
    passed = failed = 0
    for line in log.read_text(encoding="utf-8").splitlines():
        program = json.loads(line)
        cases = {"PASSED": 0, "FAILED": 0}
        for result, count in CASES.findall(program.get("stdout", "") + program.get("stderr", "")):
            cases[result] += int(count)
        fine = program["result"] in ("OK", "EXPECTEDFAIL")
        # A program that died, or that has no cases of its own, is one case.
        if fine and not any(cases.values()):
            cases["PASSED"] = 1
        if not fine and cases["FAILED"] == 0:
            cases["FAILED"] = 1
        passed += cases["PASSED"]
        failed += cases["FAILED"]
    return passed, failed


def meson_test(folder, name, *options, prefix=()):
    """Runs the test programs of a build folder."""
    log = ROOT / folder / "meson-logs" / f"{name}.json"
    log.unlink(missing_ok=True)
    run(*prefix, "meson", "test", "-C", folder, "--no-rebuild", "--num-processes", "2", "--logbase",
        name, "--print-errorlogs", *options, **SANITIZERS)
    return meson_counts(log) if log.exists() else (0, 1)


def pytest(name, *paths, prefix=()):
    report = ROOT / "build" / f"{name}.xml"
    report.unlink(missing_ok=True)
    run(*prefix, PYTHON, "-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={report}", *paths,
        PYTHONDONTWRITEBYTECODE="1")
    if not report.exists():
        return 0, 1
    suite = ElementTree.parse(report).getroot().find("testsuite")
    tests, failures, errors, skipped = (
        int(suite.get(key)) for key in ("tests", "failures", "errors", "skipped"))
    # Nothing here may be skipped: what cannot run has not been proven.
    failed = failures + errors + skipped
    return max(tests - failed, 0), max(failed, 0 if tests else 1)


def sources():
    folders = [ROOT / name for name in ("src", "tests", "tools", "bench")]
    files = (path for folder in folders for path in folder.rglob("*.[ch]"))
    return sorted(str(path.relative_to(ROOT)) for path in files if "node_modules" not in path.parts)


def fixed_addresses():
    """The thread sanitizer of clang 14 finds no place for its shadow where addresses are random
    in more than 28 bits: a command that switches this off, if the machine lets us."""
    command = ("setarch", "-R")
    able = subprocess.run([*command, "true"], capture_output=True).returncode == 0
    return command if able else ()


def step_format():
    return once(run("clang-format-14", "--dry-run", "--Werror", *sources()))


def step_layers():
    return once(run("tools/layers.py"))


def step_names():
    return once(run("tools/names.py"))


def step_tools():
    return pytest("tools", "tests/tools")


def step_gcc():
    return once(build("build", "gcc"))


def step_analyse():
    return once(run("tools/analyse.py", "gcc"))


def step_unit():
    return meson_test("build", "unit")


def step_clang():
    return once(build("build-clang", "clang"))


def step_addresses():
    if not build("build-asan", "gcc", "-Db_sanitize=address,undefined"):
        return 0, 1
    return meson_test("build-asan", "addresses")


def step_threads():
    if not build("build-tsan", "clang", "-Db_sanitize=thread", "-Db_lundef=false"):
        return 0, 1
    return meson_test("build-tsan", "threads", "--suite", "threads", prefix=fixed_addresses())


def step_system():
    """Two files at once: most of the time a test waits for engines that start or are away."""
    return pytest("system", "tests/system", "--numprocesses=2", "--dist=loadfile")


def step_fleet():
    return pytest("fleet", "tests/system", "--kinds=fleet")


def step_gateway():
    return pytest("gateway", "tests/deploy", "--ignore=tests/deploy/test_compose.py")


def step_cluster():
    return pytest("cluster", "tests/cluster")


def step_image():
    """Only root may start a docker daemon."""
    return pytest("image", "tests/deploy/test_compose.py",
                  prefix=() if os.geteuid() == 0 else ("sudo",))


STEPS = {
    "format": (step_format, "every C file is as clang-format 14 leaves it"),
    "layers": (step_layers, "includes point inward"),
    "names": (step_names, "what comments and pages name is there, and names are given once"),
    "gcc": (step_gcc, "gcc builds without a warning"),
    "analyse": (step_analyse, "gcc's static analyser finds nothing; make analyse asks two more"),
    "tools": (step_tools, "the checks above can fail"),
    "unit": (step_unit, "unit and contract tests"),
    "system": (step_system, "HTTP, SQL and NATS against ecs, embedded and on real engines"),
    "fleet": (step_fleet, "the same against every role twice behind the gateway"),
    "gateway": (step_gateway, "the gateway on real roles; packages, manifests and monitoring"),
    "cluster": (step_cluster, "clusters of the engines: their servers and roles killed under load"),
    "image": (step_image, "the image and both compose files, on a docker daemon of its own"),
    "clang": (step_clang, "clang builds without a warning"),
    "addresses": (step_addresses, "unit and contract tests, address and undefined sanitizers"),
    "threads": (step_threads, "tests where threads meet, thread sanitizer"),
}


def main():
    names = sys.argv[1:]
    if names == ["--list"]:
        for name, (_, summary) in STEPS.items():
            print(f"{name:10} {summary}")
        return
    unknown = [name for name in names if name not in STEPS]
    if unknown:
        sys.exit(f"test.py: no step is named {unknown[0]}; see test.py --list")
    names = names or list(STEPS)
    results = []
    for number, name in enumerate(names, 1):
        step, summary = STEPS[name]
        print(f"\n== {number}/{len(names)} {name}: {summary}", flush=True)
        started = time.monotonic()
        passed, failed = step()
        results.append((name, passed, failed, time.monotonic() - started))
        print(f"== {name}: {passed} passed, {failed} failed, {results[-1][3]:.0f} s", flush=True)
    print(f"\n{'step':10} {'passed':>7} {'failed':>7} {'seconds':>8}")
    for name, passed, failed, seconds in results:
        print(f"{name:10} {passed:7} {failed:7} {seconds:8.0f}")
    passed, failed = (sum(result[column] for result in results) for column in (1, 2))
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
