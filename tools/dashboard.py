#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the dashboard of feelings and credit as one SVG, from a database: what Grafana would show.

usage: dashboard.py DATABASE_URL >docs/pictures/people.svg
"""
import html
import json
import pathlib
import re
import sys

import psycopg2

BOARD = pathlib.Path(__file__).resolve().parent.parent / "deploy" / "grafana" / "people.json"
COLUMN, ROW, GAP = 46, 22, 6  # of Grafana's grid, in pixels
COLOURS = ("#2563eb", "#d97706", "#059669", "#9333ea", "#dc2626")
STYLE = """
text { font-family: sans-serif; font-size: 11px; fill: #334155 }
.title { font-size: 13px; font-weight: 600; fill: #0f172a }
.row { font-size: 15px; font-weight: 600; fill: #0f172a }
.panel { fill: #ffffff; stroke: #cbd5e1 }
.grid { stroke: #e2e8f0 }
.end { text-anchor: end }
.middle { text-anchor: middle }
polyline { fill: none; stroke-width: 1.6 }
"""


def text(x, y, words, kind=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}">{html.escape(str(words))}</text>'


def short(value):
    return f"{value:,.0f}" if isinstance(value, int) or abs(value) >= 100 else f"{value:.2f}"


class Panel:
    """A frame with a title; `left` to `right` and `top` to `bottom` is where the data go."""

    def __init__(self, place, title):
        self.x, self.y = place["x"] * COLUMN, place["y"] * ROW
        self.width, self.height = place["w"] * COLUMN - GAP, place["h"] * ROW - GAP
        self.left, self.right = self.x + 46, self.x + self.width - 46
        self.top, self.bottom = self.y + 30, self.y + self.height - 36
        self.out = [f'<rect class="panel" x="{self.x}" y="{self.y}" width="{self.width}" '
                    f'height="{self.height}" rx="4"/>', text(self.x + 10, self.y + 18, title, "title")]

    def across(self, share):
        return self.left + share * (self.right - self.left)

    def up(self, share):
        return self.bottom - share * (self.bottom - self.top)

    def scale(self, most, on_right=False):
        """Marks at none, half and all of `most`."""
        for share in (0, 0.5, 1):
            y = self.up(share)
            if not on_right:
                self.out.append(f'<path class="grid" d="M{self.left},{y:.0f} H{self.right}"/>')
            self.out.append(text(self.right + 6 if on_right else self.left - 6, y + 4,
                                 short(share * most), "" if on_right else "end"))

    def legend(self, names):
        x = self.left
        for name, colour in zip(names, COLOURS):
            y = self.y + self.height - 12
            self.out.append(f'<rect x="{x:.0f}" y="{y - 8}" width="10" height="8" fill="{colour}"/>')
            self.out.append(text(x + 14, y, name))
            x += 26 + 7 * len(name)


def series_of(columns, rows):
    """{name: [(time, value)]}; a column `metric` names the series of its row."""
    series = {}
    for row in rows:
        cells = dict(zip(columns, row))
        time = cells.pop("time").timestamp()
        metric = cells.pop("metric", None)
        for name, value in cells.items():
            if value is not None:
                series.setdefault(metric or name, []).append((time, float(value)))
    return series


def axis_of(panel, name):
    """Whether the panel puts a series on an axis of its own, at the right."""
    return any(override["matcher"]["options"] == name
               for override in panel["fieldConfig"]["overrides"])


def draw_series(frame, panel, columns, rows):
    series = series_of(columns, rows)
    times = [time for points in series.values() for time, _ in points]
    if not times:
        return
    first, span = min(times), max(1, max(times) - min(times))
    for on_right in (False, True):
        names = [name for name in series if axis_of(panel, name) == on_right]
        most = max((value for name in names for _, value in series[name]), default=0) * 1.1
        if most == 0:
            continue
        frame.scale(most, on_right)
        for name in names:
            colour = COLOURS[list(series).index(name)]
            points = [(frame.across((time - first) / span), frame.up(value / most))
                      for time, value in series[name]]
            frame.out.append(f'<polyline stroke="{colour}" points="' + " ".join(
                f"{x:.1f},{y:.1f}" for x, y in points) + '"/>')
            if len(points) == 1:
                frame.out.append(f'<circle cx="{points[0][0]:.0f}" cy="{points[0][1]:.0f}" r="3" '
                                 f'fill="{colour}"/>')
    frame.legend(series)


def draw_bars(frame, _, columns, rows):
    most = max(float(value) for row in rows for value in row[1:]) * 1.1
    frame.scale(most)
    slot = (frame.right - frame.left) / len(rows)
    bar = slot * 0.8 / (len(columns) - 1)
    for i, row in enumerate(rows):
        for k, value in enumerate(row[1:]):
            x, y = frame.left + i * slot + slot * 0.1 + k * bar, frame.up(float(value) / most)
            frame.out.append(f'<rect x="{x:.0f}" y="{y:.0f}" width="{bar:.0f}" '
                             f'height="{frame.bottom - y:.0f}" fill="{COLOURS[k]}"/>')
        frame.out.append(text(frame.left + (i + 0.5) * slot, frame.bottom + 14, row[0], "middle"))
    frame.legend(columns[1:])


def draw_table(frame, _, columns, rows):
    wide = (frame.width - 20) / len(columns)
    for k, column in enumerate(columns):
        x = frame.x + 10 + (k + 1) * wide - 20
        frame.out.append(text(x, frame.top + 10, column, "end"))
        for i, row in enumerate(rows):
            frame.out.append(text(x, frame.top + 28 + 17 * i, short(row[k]), "end"))


DRAW = {"timeseries": draw_series, "barchart": draw_bars, "table": draw_table}


def main():
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    cursor = psycopg2.connect(sys.argv[1]).cursor()
    out, height = [], 0
    for panel in board["panels"]:
        place = panel["gridPos"]
        height = max(height, (place["y"] + place["h"]) * ROW)
        if panel["type"] == "row":
            out.append(text(place["x"] * COLUMN + 4, (place["y"] + 1) * ROW - 6, panel["title"], "row"))
            continue
        cursor.execute(re.sub(r"\$__timeFilter\((\w+)\)", r"\1 > now() - interval '30 days'",
                              panel["targets"][0]["rawSql"]))
        columns, rows = [column.name for column in cursor.description], cursor.fetchall()
        frame = Panel(place, panel["title"])
        if rows:
            DRAW[panel["type"]](frame, panel, columns, rows)
        else:
            frame.out.append(text(frame.x + 10, frame.top + 20, "Fewer than ten people."))
        out += frame.out
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-6 -6 {24 * COLUMN + 6} {height + 6}" '
          f'role="img" aria-label="{board["title"]}">\n<style>{STYLE}</style>\n'
          f'<rect x="-6" y="-6" width="100%" height="100%" fill="#f8fafc"/>')
    print("\n".join(out) + "\n</svg>")


main()
