#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Looks for faults in src without running it, by three analysers; a warning is a failure.

usage: analyse.py ANALYSER...     gcc (its -fanalyzer), clang (what scan-build runs), tidy

Each file is analysed as build/ compiles it, as many at once as there are processors. A warning that
is wrong is silenced where it is given, with the reason, by a comment on its line or the one before:

    /* NOLINTNEXTLINE(-Wanalyzer-malloc-leak): the caller holds it by its first member. */

Such a comment is a fault itself if it has no reason, or if gcc or clang has no such warning there.
.clang-tidy has the checks of clang-tidy, with a reason for each that is off.
"""
import collections
import concurrent.futures
import itertools
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
WARNING = re.compile(r"^(?:(?P<file>[^\s:]+):(?P<line>\d+):\d+|cc1): (?:warning|error): "
                     r"(?P<text>.*) \[(?P<check>[\w.,-]+)\]$", re.MULTILINE)
COMMENT = re.compile(r"NOLINT(?P<next>NEXTLINE)?(?P<checks>\([\w., -]+\))?(?P<reason>: \S)?")

# What each is started with; the compiler's flags and the file follow.
ANALYSERS = {
    "gcc": ["gcc", "-fanalyzer", "-c", "-o", "/dev/null"],
    "clang": ["clang-14", "--analyze", "--analyzer-output", "text"],
    "tidy": ["clang-tidy-14", "--quiet", "-p", str(BUILD)],
}

Warning = collections.namedtuple("Warning", "file line check text")


def compiled(command):
    """The flags that a file of src is compiled with, without those about what is written."""
    words = iter(shlex.split(command["command"]))
    flags = []
    for word in words:
        if word in ("-o", "-MQ", "-MF"):
            next(words)
        elif word.startswith(("-I", "-D", "-U", "-W", "-f", "-std", "-O", "-p")) \
                and word not in ("-Werror", "-fdiagnostics-color=always"):
            flags.append(word)
    return flags


def analyse(analyser, command):
    """What one analyser finds in one file."""
    flags = [] if analyser == "tidy" else compiled(command)
    done = subprocess.run([*ANALYSERS[analyser], *flags, command["file"]],
                          cwd=command["directory"], capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C"})
    output = done.stdout + done.stderr
    folder = pathlib.Path(command["directory"])
    warnings = {Warning((folder / (found["file"] or command["file"])).resolve(),
                        int(found["line"] or 0), found["check"], found["text"])
                for found in WARNING.finditer(output)}
    if done.returncode != 0 and not warnings:
        sys.exit(f"analyse.py: {analyser} cannot analyse {command['file']}:\n{output}")
    return warnings


def comments(files):
    """The warnings that comments silence, {(file, line, check): whether one was given}, and the
    comments that are faults."""
    silenced, faults = {}, []
    for file in files:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            for found in COMMENT.finditer(line):
                if not found["checks"] or not found["reason"]:
                    faults.append(f"{file}:{number}: write NOLINT(the check): the reason")
                for check in re.findall(r"[\w.-]+", found["checks"] or ""):
                    silenced[file, number + bool(found["next"]), check] = False
    return silenced, faults


def by_this(check, analysers):
    """Whether one of these gives such warnings. Clang-tidy obeys the comments by itself."""
    return "gcc" in analysers if check.startswith("-W") else "clang" in analysers and "." in check


def main(analysers):
    """Tells all faults; 0 if there are none."""
    if not analysers or any(name not in ANALYSERS for name in analysers):
        sys.exit(__doc__.split("\n\n")[1])
    commands = [command for command in json.loads((BUILD / "compile_commands.json").read_text())
                if command["file"].startswith("../src/")]
    silenced, faults = comments(sorted((ROOT / "src").rglob("*.[ch]")))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        found = threads.map(lambda each: analyse(*each), itertools.product(analysers, commands))
        warnings = sorted(set().union(*found))
    for warning in warnings:
        place = warning.file, warning.line, warning.check
        if place in silenced:
            silenced[place] = True
        else:
            faults.append(f"{warning.file}:{warning.line}: {warning.text} [{warning.check}]")
    faults += [f"{file}:{line}: there is no such warning any more: {check}"
               for (file, line, check), given in silenced.items()
               if not given and by_this(check, analysers)]
    for fault in faults:
        print(fault.removeprefix(f"{ROOT}/"))
    print(f"{', '.join(analysers)}: {len(commands)} files, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
