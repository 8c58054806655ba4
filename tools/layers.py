#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that dependencies point inward: which room of src/ may include what, and which files may
read a clock of the system.

usage: layers.py [ROOT]

Prints one line for each line that breaks a rule and exits 1; docs/architecture.md has the rooms in
words.
"""
import pathlib
import re
import sys

# Rooms that a room may include from, besides itself and SHARED.
ROOMS = {
    "base": set(),
    "domain": {"base"},
    "wire": {"base", "domain"},
    "ports": {"base", "domain"},
    "auth": {"base", "domain", "ports"},
    "model": {"base"},
    "learning": {"base", "model"},
    "roles": {"base", "domain", "wire", "ports", "auth"},
    "adapters": {"base", "domain", "wire", "ports", "auth", "model"},
    "http": {"base", "domain", "wire", "ports", "auth"},
    "runner": {"base", "domain", "wire", "ports", "auth"},
    "commands": {"base", "domain", "wire", "ports", "auth", "model", "learning"},
}
SHARED = {"limits.h", "options.def"}
# Single headers that a room may include beyond its rooms.
DOORS = {
    "model": {"domain/features.h"},
    "runner": {"roles/role.h", "http/server.h", "settings.h"},
    "commands": {"roles/role.h", "http/server.h", "settings.h"},
}
# Files of src/ itself. Only these know adapters.
WIRING = {"main.c", "wiring.c", "wiring.h"}
# A library belongs to the rooms that hide it from the others.
LIBRARIES = {
    "microhttpd.h": {"http"},
    "sqlite3.h": {"adapters"},
    "libpq-fe.h": {"adapters"},
    "nats/nats.h": {"adapters"},
    "nats.h": {"adapters"},
    "hiredis/hiredis.h": {"adapters"},
    "hiredis/sds.h": {"adapters"},
    "openssl/ssl.h": {"adapters"},
    "curl/curl.h": {"adapters", "commands"},
    "jwt.h": {"auth"},
    "xgboost/c_api.h": {"model", "learning"},
}
# The domain is pure: values in, values out.
DOMAIN_HEADERS = {
    "assert.h", "inttypes.h", "limits.h", "math.h", "stdarg.h", "stdbool.h", "stddef.h",
    "stdint.h", "stdio.h", "string.h",
}
# A clock that can be set must not time a wait, and a test must be able to turn it: waits are
# base/steady.h's, the time of day is ports/clock.h's. A log line tells when its machine wrote it.
CLOCKS = {"base/steady.c", "base/log.c", "adapters/clock_system.c"}
CLOCK = re.compile(
    r"\b(CLOCK_(?:REALTIME|MONOTONIC|BOOTTIME|TAI)\w*|clock_gettime|clock_nanosleep|gettimeofday|"
    r"timespec_get|ftime|time(?=\((?:NULL|0|&\w+)\))|nanosleep|usleep|sleep(?=\()|nats_Now\w*|"
    r"nats_Sleep|thrd_sleep|\w+_(?:timedwait|clockwait|timedlock|clocklock|timedrdlock|timedwrlock))\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def local_fault(room, name, header):
    """Why a file of `room` may not include "header"; None if it may."""
    target = header.split("/")[0] if "/" in header else ""
    if room == "":
        if target == "adapters" and name not in WIRING:
            return "only main.c and the wiring know adapters"
        return None
    if target == room or header in SHARED or header in DOORS.get(room, set()):
        return None
    if target in ROOMS[room]:
        return None
    if target == "adapters":
        return "only main.c and the wiring know adapters"
    allowed = ", ".join(sorted(ROOMS[room])) or "nothing"
    return f"{room}/ may see {allowed}"


def library_fault(room, name, header):
    """Why a file of `room` may not include <header>; None if it may."""
    if room == "domain" and header not in DOMAIN_HEADERS:
        return "domain/ is pure: no I/O, clock, threads or memory"
    rooms = LIBRARIES.get(header)
    if rooms is not None and room not in rooms:
        return f"<{header}> belongs to {' and '.join(sorted(rooms))}"
    return None


def clock_fault(line):
    """What a line that is not one of CLOCKS uses of the system's clocks; None if nothing."""
    match = CLOCK.search(line)
    return match and f"{match[1]}: waits are base/steady.h's, the time of day is ports/clock.h's"


def faults_of(source, path):
    parts = path.relative_to(source).parts
    room = parts[0] if len(parts) > 1 else ""
    if room and room not in ROOMS:
        yield f"{path}: no such room: src/{room}; name it in tools/layers.py"
        return
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            reason = None if "/".join(parts) in CLOCKS else clock_fault(line)
            if reason is not None:
                yield f"{path}:{number}: {reason}"
            match = INCLUDE.match(line)
            if match is None:
                continue
            check = local_fault if match[1] == '"' else library_fault
            reason = check(room, parts[-1], match[2])
            if reason is not None:
                yield f"{path}:{number}: {match[0].strip()}: {reason}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    source = root / "src"
    files = sorted(path for path in source.rglob("*") if path.suffix in (".c", ".h", ".def"))
    if not files:
        sys.exit(f"layers: no source files under {source}")
    faults = [fault for path in files for fault in faults_of(source, path)]
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"layers: {len(files)} files, {len(faults)} faults")
    sys.exit(1 if faults else 0)


main()
