#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes files into a C table, so that one binary carries its migrations, its default policy and its
default model.

usage: embed.py OUTPUT ROOT FILE...
"""
import os
import sys


def main():
    output, root, files = sys.argv[1], sys.argv[2], sorted(sys.argv[3:])
    with open(output, "w", encoding="utf-8") as out:
        out.write('#include "process/file.h"\n\n')
        for number, path in enumerate(files):
            data = open(path, "rb").read()
            body = ",".join(str(byte - 256 if byte > 127 else byte) for byte in data + b"\0")
            out.write(f"static const char file_{number}[] = {{{body}}};\n")
        out.write("\nconst struct embedded_file embedded_files[] = {\n")
        for number, path in enumerate(files):
            name = os.path.relpath(path, root)
            out.write(f'    {{"{name}", file_{number}, sizeof file_{number} - 1}},\n')
        out.write("    {0},\n};\n")


main()
