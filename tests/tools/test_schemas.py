# SPDX-License-Identifier: Apache-2.0
"""The schemas of what ECS is sent and answers, openapi/*.json: each is valid and used, each that is
named is there, and the binary carries them all. Their whole, /openapi.json, is system/test_openapi.py's."""
import json
import pathlib
import re

import jsonschema
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SCHEMAS = sorted((ROOT / "openapi").iterdir())
NAMES = {path.name for path in SCHEMAS}
NAMED = {name for path in ROOT.glob("src/*/*.c")
         for name in re.findall(r'"openapi/([\w.]+)"', path.read_text(encoding="utf-8"))}


def once(pairs):
    """An object none of whose members comes twice."""
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=once)


def references(part):
    """What a schema refers to outside of the document that it becomes a part of."""
    if isinstance(part, list):
        return [found for item in part for found in references(item)]
    if not isinstance(part, dict):
        return []
    own = [part["$ref"]] if not part.get("$ref", "#").startswith("#") else []
    return own + [found for value in part.values() for found in references(value)]


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_it_is_valid(path):
    schema = read(path)
    jsonschema.Draft202012Validator.check_schema(schema)
    for reference in references(schema):
        name, _, pointer = reference.partition("#")
        part = read(path.parent / name)
        for member in pointer.split("/")[1:]:
            part = part[member]


def test_each_is_used_and_each_that_is_named_is_there():
    referred = {reference.partition("#")[0] for path in SCHEMAS for reference in references(read(path))}
    assert NAMED | referred == NAMES


def test_the_binary_carries_them():
    embedded = re.findall(r"'openapi/([\w.]+)'", (ROOT / "meson.build").read_text(encoding="utf-8"))
    assert embedded == sorted(NAMES)
