#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the manual page ecs(1), made of what the program itself says under --help.

usage: manual.py BINARY
"""
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


def main():
    binary = sys.argv[1]
    overview = said_by(binary, "--help")
    version = said_by(binary, "version").strip()
    about = overview.split("\n\n")[1]
    commands = re.findall(r"^  (\S+) ", overview, re.MULTILINE)
    print(f'.TH ECS 1 "" "{version}" "User Commands"')
    print(".SH NAME\necs \\- real\\-time credit decision engine")
    print(".SH SYNOPSIS\n.B ecs\n.I COMMAND\n[\\fIOPTIONS\\fR]")
    print(f".SH DESCRIPTION\n{roff(about)}")
    print(".SH COMMANDS")
    for command in commands:
        print(f".SS {command}")
        print(verbatim(said_by(binary, command, "--help")), end="")
    print(".SH EXIT STATUS\n0 for success, 64 for wrong usage, 78 for a fault of the configuration, "
          "others for failures.")


main()
