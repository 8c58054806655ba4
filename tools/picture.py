#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the text on standard input as a terminal: an SVG on standard output.

How docs/pictures/run.svg was made, in tmux with 100 columns while `make run` was running:
    tmux capture-pane -p -t run | tools/picture.py >docs/pictures/run.svg
"""
import html
import sys

COLUMN, LINE, MARGIN, BAR = 8.4, 19, 16, 28

NO_BREAK_SPACE = "\u00a0"  # browsers draw one space where several stand

lines = sys.stdin.read().rstrip("\n").replace(" ", NO_BREAK_SPACE).split("\n")
width = round(max(map(len, lines)) * COLUMN + 2 * MARGIN)
height = len(lines) * LINE + 2 * MARGIN + BAR
rows = "\n".join(
    f'<text x="{MARGIN}" y="{BAR + MARGIN + (i + 1) * LINE - 5}">{html.escape(line)}</text>'
    for i, line in enumerate(lines) if line)
print(f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}">
<rect width="{width}" height="{height}" rx="8" fill="#16181d"/>
<circle cx="20" cy="16" r="5" fill="#e0655c"/><circle cx="38" cy="16" r="5" fill="#e2b64b"/>
<circle cx="56" cy="16" r="5" fill="#5fb760"/>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14"
 fill="#d8dbe2">
{rows}
</g>
</svg>""")
