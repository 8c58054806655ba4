#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes files into a C table, so that one binary carries its migrations, its default policy, its
default model and the schemas of what it answers. A schema (openapi/*.json) becomes one line of JSON,
in which a part of another file, {"$ref": "user.json#/properties/id"}, is in its place.

usage: embed.py OUTPUT ROOT FILE...
"""
import json
import os
import sys


def schema_read(path, pointer=""):
    """The part of a schema that a pointer names, with what it refers to of other files."""
    with open(path, encoding="utf-8") as file:
        part = json.load(file)
    for name in pointer.split("/")[1:]:
        part = part[name]
    return schema_resolve(part, os.path.dirname(path))


def schema_resolve(part, folder):
    if isinstance(part, list):
        return [schema_resolve(item, folder) for item in part]
    if not isinstance(part, dict):
        return part
    name, _, pointer = part.get("$ref", "").partition("#")
    if name:
        return schema_read(os.path.join(folder, name), pointer)
    return {key: schema_resolve(value, folder) for key, value in part.items()}


def embedded(path, name):
    if name.startswith("openapi/"):
        return json.dumps(schema_read(path), ensure_ascii=False, separators=(",", ":")).encode()
    with open(path, "rb") as file:
        return file.read()


def main():
    output, root, files = sys.argv[1], sys.argv[2], sorted(sys.argv[3:])
    names = [os.path.relpath(path, root) for path in files]
    with open(output, "w", encoding="utf-8") as out:
        out.write('#include "process/file.h"\n\n')
        for number, path in enumerate(files):
            data = embedded(path, names[number])
            body = ",".join(str(byte - 256 if byte > 127 else byte) for byte in data + b"\0")
            out.write(f"static const char file_{number}[] = {{{body}}};\n")
        out.write("\nconst struct embedded_file embedded_files[] = {\n")
        for number, name in enumerate(names):
            out.write(f'    {{"{name}", file_{number}, sizeof file_{number} - 1}},\n')
        out.write("    {0},\n};\n")


main()
