#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the manual pages, made of what the program itself says under --help: ecs(1), and one for
each command, as ecs-serve(1).

usage: manual.py BINARY FOLDER
"""
import pathlib
import re
import subprocess
import sys


def said_by(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def roff(text):
    """Text as it is, whatever characters it has."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.MULTILINE)


def verbatim(text):
    return f".nf\n{roff(text.strip())}\n.fi\n"


def head(name, version, summary):
    return (f'.TH {name.upper()} 1 "" "{version}" "User Commands"\n'
            f".SH NAME\n{roff(name)} \\- {roff(summary)}\n")


EXIT_STATUS = (".SH EXIT STATUS\n0 for success, 64 for wrong usage, 78 for a fault of the "
               "configuration, others for failures.\n")


def command_page(name, version, summary, usage):
    synopsis, rest = usage.split("\n\n", 1)
    synopsis = re.sub(r"^(usage:|      ) ", "", synopsis, flags=re.MULTILINE)
    return (head(f"ecs-{name}", version, summary) + f".SH SYNOPSIS\n{verbatim(synopsis)}"
            f".SH DESCRIPTION\n{verbatim(rest)}{EXIT_STATUS}.SH SEE ALSO\n.BR ecs (1)\n")


def overview_page(overview, version, commands):
    about = overview.split("\n\n")[1]
    page = head("ecs", version, "real-time credit decision engine")
    page += f".SH SYNOPSIS\n.B ecs\n.I COMMAND\n[\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n{roff(about)}\n"
    page += ".SH COMMANDS\n"
    for name, summary in commands:
        page += f".TP\n.BR {roff('ecs-' + name)} (1)\n{roff(summary)}\n"
    return page + EXIT_STATUS


def main():
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    overview = said_by(binary, "--help")
    version = said_by(binary, "version").strip()
    commands = re.findall(r"^  (\S+) +(.+)$", overview, re.MULTILINE)
    (folder / "ecs.1").write_text(overview_page(overview, version, commands), encoding="utf-8")
    for name, summary in commands:
        page = command_page(name, version, summary, said_by(binary, name, "--help"))
        (folder / f"ecs-{name}.1").write_text(page, encoding="utf-8")


main()
