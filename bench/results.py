# SPDX-License-Identifier: Apache-2.0
"""What was measured, and the table it is printed as."""
import dataclasses
import os
import platform
import re
import statistics
import subprocess
import typing


@dataclasses.dataclass
class Target:
    """What must hold: `least` of the rate, or `most` of it for what is better small; and `p99_us`
    of the latency."""
    least: typing.Optional[float] = None
    most: typing.Optional[float] = None
    p99_us: typing.Optional[float] = None

    def text(self):
        parts = []
        if self.least is not None:
            parts.append(f"≥ {number(self.least)}")
        if self.most is not None:
            parts.append(f"< {number(self.most)}")
        if self.p99_us is not None:
            parts.append(f"p99 < {milliseconds(self.p99_us)} ms")
        return ", ".join(parts)

    def reached(self, value, p99_us):
        return ((self.least is None or value >= self.least)
                and (self.most is None or value < self.most)
                and (self.p99_us is None or p99_us < self.p99_us))


@dataclasses.dataclass
class Result:
    name: str
    unit: str
    ours: list
    bares: dict = dataclasses.field(default_factory=dict)  # name: values of the same rounds
    p50_us: typing.Optional[float] = None
    p99_us: typing.Optional[float] = None
    target: typing.Optional[Target] = None

    def verdict(self):
        if self.target is None:
            return ""
        return "yes" if self.target.reached(statistics.median(self.ours), self.p99_us) else "NO"


def percentile(values, q):
    return sorted(values)[min(len(values) - 1, int(q * len(values)))]


def quantile_us(before, after, name, q):
    """The upper edge of the bucket that holds the quantile, of what came between two looks."""
    buckets = []
    for key, value in after.items():
        if key.startswith(f'ecs_{name}_seconds_bucket{{le="'):
            edge = key.split('"')[1]
            buckets.append((float(edge.replace("+Inf", "inf")), value - before.get(key, 0)))
    buckets.sort()
    total = buckets[-1][1]
    return next(edge for edge, count in buckets if count >= q * total) * 1e6


def number(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def milliseconds(us):
    return "" if us is None else f"{us / 1000:.3g}"


def spread(values):
    """Median (least–most)."""
    if len(values) == 1:
        return number(values[0])
    return f"{number(statistics.median(values))} ({number(min(values))}–{number(max(values))})"


def rows(results):
    """One row for a result, and one more for each bare limit after the first."""
    head = ["measurement", "unit", "ours", "bare limit", "bare", "ours/bare", "p50 ms", "p99 ms",
            "target", "reached"]
    table = [head]
    for result in results:
        row = [result.name, result.unit, spread(result.ours), "", "", "",
               milliseconds(result.p50_us), milliseconds(result.p99_us),
               result.target.text() if result.target else "", result.verdict()]
        for name, values in result.bares.items():
            ratio = statistics.median(result.ours) / statistics.median(values)
            table.append(row[:3] + [name, spread(values), f"{ratio:.2f}"] + row[6:])
            row = [""] * len(head)
        if not result.bares:
            table.append(row)
    return table


def markdown(results):
    table = rows(results)
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
             for row in table]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _first(pattern, text):
    found = re.search(pattern, text)
    return found.group(1).strip() if found else "?"


def _output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def machine():
    """What the figures hold for."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        processor = _first(r"model name\s*: (.*)", file.read())
    return {
        "processor": processor, "cores": os.cpu_count(), "system": platform.release(),
        "compiler": _first(r"gcc.* ([\d.]+)\n", _output("gcc", "--version")),
        "nats-server": _first(r"v([\d.]+)", _output("/usr/sbin/nats-server", "--version")),
        "postgresql": _first(r"([\d.]+)",
                             _output("/usr/lib/postgresql/15/bin/postgres", "--version")),
        "redis": _first(r"v=([\d.]+)", _output("redis-server", "--version")),
        "wrk": _first(r"wrk (\S+)", _output("sh", "-c", "wrk -v 2>&1")),
        "libmicrohttpd": _output("pkg-config", "--modversion", "libmicrohttpd").strip(),
        "sqlite": _output("pkg-config", "--modversion", "sqlite3").strip(),
    }
