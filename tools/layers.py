#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that dependencies point inward: which room of src/ may include what, and which files may
read a clock of the system. A permission that nothing uses is a fault too.

usage: layers.py [ROOT]     prints one line for each fault, and exits 1 if there is any
       layers.py --rooms    prints the rooms as the table of docs/architecture.md
       layers.py --write    writes that table into the page
"""
import pathlib
import re
import sys

# Every room: what is in it, and the rooms it may include from besides itself and SHARED.
ROOMS = {
    "base": ("bytes, text, time as text, hashes, addresses, JSON writing: pure values", ()),
    "process": ("what a process is: log, metrics, clock that nobody sets, files", ("base",)),
    "domain": ("events, tiles, features, policy, decision, offer, breaker: pure functions of values",
               ("base",)),
    "simulation": ("people who do not exist: what they feel, earn, pay and owe, drawn from a seed",
                   ("base", "domain")),
    "wire": ("JSON documents to typed values and back: the wire contract",
             ("base", "process", "domain")),
    "model": ("a trained model: its folder, its predictions and what each column adds to them",
              ("base", "process")),
    "learning": ("data to a trained model, its measures and pictures", ("base", "model")),
    "ports": ("what the system needs: bus, cache, scorer, clock, entropy, tracer; and what it"
              " answers: endpoint", ("base", "process", "domain")),
    "store": ("the database: people, events (each counted once here), features, decisions, offers,"
              " outbox, log; on SQLite or PostgreSQL", ("base", "process", "domain", "ports")),
    "auth": ("passwords, tokens, revocations, seals on what others keep",
             ("base", "process", "ports")),
    "roles": ("the seven roles, as step functions over the store and ports",
              ("base", "process", "domain", "wire", "ports", "store", "auth")),
    "bus": ("the streams: a log in SQLite, or NATS JetStream",
            ("base", "process", "domain", "ports")),
    "scorers": ("who tells a risk: a trained model, a scorecard, a service behind HTTP; the breaker",
                ("base", "process", "domain", "wire", "model", "ports")),
    "adapters": ("the other ports: cache, tracer, clock, entropy",
                 ("base", "process", "ports")),
    "http": ("endpoint tables to a server, event streams to phones; /openapi.json",
             ("base", "process", "wire", "ports", "auth")),
    "runner": ("threads around step functions; the threads that drive the bus and wake event streams",
               ("base", "process", "wire", "ports")),
    "commands": ("what `ecs` can be told to do: one file, or a few of one name, for each command",
                 ("base", "process", "domain", "simulation", "wire", "model", "learning", "ports",
                  "store", "runner")),
}
SHARED = {"limits.h"}
# Single headers that a room may include beyond its rooms.
DOORS = {
    "model": ("domain/features.h",),
    "learning": ("process/file.h",),
    "store": ("adapters/clock.h",),
    "auth": ("store/people.h",),
    "bus": ("adapters/clock.h", "store/sqlite_file.h"),
    "runner": ("roles/role.h", "http/server.h", "store/store.h", "settings.h"),
    "commands": ("roles/role.h", "settings.h", "wiring.h"),
}
# What stands behind the ports, the inside of the store, and the files of src/ itself that know both:
# no others do.
BEHIND_PORTS = {"bus", "scorers", "adapters"}
INSIDE = re.compile(r"store/(?:internal|evidence|sql\w*|postgres_\w+)\.h")
WIRING = {"wiring.c", "wiring.h", "reload.c", "reload.h"}
# A library belongs to the rooms that hide it from the others; some have it under a second name.
LIBRARIES = {
    "microhttpd.h": {"http"},
    "sqlite3.h": {"store", "bus"},
    "libpq-fe.h": {"store"},
    "nats/nats.h": {"bus"},
    "nats.h": {"bus"},
    "hiredis/hiredis.h": {"adapters"},
    "hiredis/sds.h": {"adapters"},
    "openssl/ssl.h": {"adapters"},
    "curl/curl.h": {"scorers", "adapters", "commands"},
    "jwt.h": {"auth"},
    "xgboost/c_api.h": {"model", "learning"},
}
# The domain is pure, and so is the simulation: values in, values out.
PURE = {"domain", "simulation"}
PURE_HEADERS = {
    "assert.h", "inttypes.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "string.h",
}
# A clock that can be set must not time a wait, and a test must be able to turn it: waits are
# process/steady.h's, the time of day is ports/clock.h's. A log line tells when its machine wrote it.
CLOCKS = {"process/steady.c", "process/log.c", "adapters/clock.c"}
CLOCK = re.compile(
    r"\b(CLOCK_(?:REALTIME|MONOTONIC|BOOTTIME|TAI)\w*|clock_gettime|clock_nanosleep|gettimeofday|"
    r"timespec_get|ftime|time(?=\((?:NULL|0|&\w+)\))|nanosleep|usleep|sleep(?=\()|nats_Now\w*|"
    r"nats_Sleep|thrd_sleep|\w+_(?:timedwait|clockwait|timedlock|clocklock|timedrdlock|timedwrlock))\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def local_fault(room, name, header):
    """Why a file of `room` may not include "header"; None if it may."""
    target = header.split("/")[0] if "/" in header else ""
    if room == "":
        if (target in BEHIND_PORTS or INSIDE.fullmatch(header)) and name not in WIRING:
            return f"only the wiring knows {header if target == 'store' else f'{target}/'}"
        return None
    if target == room or header in SHARED or header in DOORS.get(room, ()):
        return None
    sees = ROOMS[room][1]
    if INSIDE.fullmatch(header):
        return f"{header} is the inside of store/"
    if target in sees:
        return None
    if target in BEHIND_PORTS:
        return f"only the wiring knows {target}/"
    return f"{room}/ may see {', '.join(sees) or 'nothing'}"


def library_fault(room, name, header):
    """Why a file of `room` may not include <header>; None if it may."""
    if room in PURE and header not in PURE_HEADERS:
        return f"{room}/ is pure: no I/O, clock, threads or memory"
    rooms = LIBRARIES.get(header)
    if rooms is not None and room not in rooms:
        return f"<{header}> belongs to {' and '.join(sorted(rooms))}"
    return None


def clock_fault(line):
    """What a line that is not one of CLOCKS uses of the system's clocks; None if nothing."""
    match = CLOCK.search(line)
    return match and f"{match[1]}: waits are process/steady.h's, the time of day is ports/clock.h's"


def room_of(source, path):
    """The room of a file; "" for the files of src/ itself."""
    parts = path.relative_to(source).parts
    return parts[0] if len(parts) > 1 else ""


def faults_of(source, path, used):
    """What is wrong with a file. Adds (room, header) and (file, "clock") to `used`."""
    room, name = room_of(source, path), path.relative_to(source).as_posix()
    if room and room not in ROOMS:
        yield f"{path}: no such room: src/{room}; name it in tools/layers.py"
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        reason = clock_fault(line)
        if reason is not None and name in CLOCKS:
            used.add((name, "clock"))
        elif reason is not None:
            yield f"{path}:{number}: {reason}"
        match = INCLUDE.match(line)
        if match is None:
            continue
        used.add((room, match[2]))
        check = local_fault if match[1] == '"' else library_fault
        reason = check(room, path.name, match[2])
        if reason is not None:
            yield f"{path}:{number}: {match[0].strip()}: {reason}"


def unused_permissions(used):
    for room, (_, sees) in ROOMS.items():
        for seen in sees:
            if not any(by == room and header.startswith(f"{seen}/") for by, header in used):
                yield f"{room}/ includes nothing of {seen}/"
        for header in DOORS.get(room, ()):
            if (room, header) not in used:
                yield f'{room}/ does not include "{header}"'
    for header, rooms in LIBRARIES.items():
        includers = {room for room, included in used if included == header}
        for room in sorted(rooms - includers if includers else ()):
            yield f"{room}/ does not include <{header}>"
    for header in sorted(PURE_HEADERS):
        if not any((room, header) in used for room in PURE):
            yield f"{' and '.join(sorted(PURE))} do not include <{header}>"
    for file in sorted(CLOCKS):
        if (file, "clock") not in used:
            yield f"{file} reads no clock"


def rooms_table():
    rows = ["| room | what is in it | may include |", "|---|---|---|"]
    for room, (what, sees) in ROOMS.items():
        doors = [f"`{header}`" for header in DOORS.get(room, ())]
        rows.append(f"| `{room}/` | {what} | {', '.join([*sees, *doors]) or 'nothing'} |")
    rows.append("| `wiring.c` | what stands behind which port | everything |")
    return "\n".join(rows) + "\n"


def rooms_write(page):
    text = page.read_text(encoding="utf-8")
    start = text.index("| room |")
    end = text.index("\n\n", start) + 1
    page.write_text(text[:start] + rooms_table() + text[end:], encoding="utf-8")


def check(root):
    source = root / "src"
    files = sorted(path for path in source.rglob("*") if path.suffix in (".c", ".h", ".def"))
    if not files:
        sys.exit(f"layers: no source files under {source}")
    used = set()
    faults = [fault for path in files for fault in faults_of(source, path, used)]
    faults += [f"tools/layers.py: unused permission: {why}" for why in unused_permissions(used)]
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"layers: {len(files)} files, {len(faults)} faults")
    sys.exit(1 if faults else 0)


def main():
    argument = sys.argv[1] if len(sys.argv) > 1 else "."
    if argument == "--rooms":
        print(rooms_table(), end="")
    elif argument == "--write":
        rooms_write(pathlib.Path(__file__).resolve().parents[1] / "docs" / "architecture.md")
    else:
        check(pathlib.Path(argument))


main()
