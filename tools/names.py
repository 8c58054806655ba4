#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks names: every file and function that a comment or a page of documentation names is there, no
two structs, enums or unions of src/ share a tag, the program uses what its headers declare, and what
returns a status is MUST_CHECK. A function that a header declares begins with the header's name, with
a tag that the header gives, or in a room that is one thing, with that. Of the header's name its form
may be left out (user_json.h has user_encode), and it may be of one or of many (faults.h has
fault_worse).

usage: names.py [ROOT]   prints one line for each fault, and exits 1 if there is any
"""
import collections
import pathlib
import re
import sys

CODE = {".c", ".h", ".def"}
SCRIPTS = {".py", ".sh", ".yaml", ".yml", ".conf", ".build"}
KINDS = CODE | SCRIPTS | {".md", ".sql"}
LEFT_OUT = re.compile(r"^(build[^/]*|var|\.git|\.pytest_cache)/|(^|/)(node_modules|__pycache__)/")

# Files that are not in the source tree: the user's, the system's, or what a command writes.
ELSEWHERE = {
    "a.b.c", "both/policy.json", "careful.html", "mine.json", "nats_passwords.conf",
    "nats_users.conf", "people.csv", "policy.json", "policy/mine.json", "sbom.spdx.json", "splitmix64.c", "stricter/policy.json", "sysexits.h",
}
# Names of other programs, and of what PostgreSQL names by itself.
FOREIGN = re.compile(r"pg_\w+|\w+_(?:pkey|key)|disk_full|set_real_ip_from|sync_interval")
# Rooms that are one thing: its noun begins what they offer to others.
ROOM_NOUNS = {"bus": "bus", "scorers": "scorer", "store": "store"}

FILE = re.compile(r"(?<![\w/.{*$<…-])((?:[\w.-]+/)*[\w-]+(?:\.[\w-]+)*\.(?:c|h|def|py|sh|sql|md|json|ya?ml|"
                  r"conf|css|js|csv|service|txt|svg|html))\b(?![\w/(])")
FUNCTION = re.compile(r"\b([a-z][a-z0-9]*(?:_[a-z0-9]+)+)\b|\b([a-z]\w*)\(\)")
GIVEN = re.compile(r"^(?:struct|enum|union)\s+(\w+)\s*[{;]", re.MULTILINE)
TAG = re.compile(r"\b(?:struct|enum|union)\s+(\w+)\s*\{")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
TOKEN = re.compile(r"""/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)
UNCHECKED = re.compile(r"^(?:static inline )?enum status (\w+)\(", re.MULTILINE)
DECLARED = re.compile(r"^(?!typedef)\w[\w \t\n*]*?[ \t\n*](\w+)\((?:[^()]|\([^()]*\))*\)[^;{}=]*[;{]",
                      re.MULTILINE)


class Tree:
    """The files of the project, by their path in it."""

    def __init__(self, root):
        paths = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
        self.names = sorted(name for name in paths if not LEFT_OUT.search(name))
        self.texts = {name: (root / name).read_text(encoding="utf-8") for name in self.names
                      if pathlib.PurePath(name).suffix in KINDS or name.endswith("Makefile")}
        self.ends = {"/".join(parts[i:]) for parts in (name.split("/") for name in self.names)
                     for i in range(len(parts))}

    def prose(self, name):
        """The comments of a file, or the whole of a page."""
        suffix, text = pathlib.PurePath(name).suffix, self.texts[name]
        if suffix in CODE:
            return "\n".join(token for token in TOKEN.findall(text) if token.startswith("/*"))
        if suffix == ".md":
            return text
        return "\n".join(re.findall(r"--[^\n]*" if suffix == ".sql" else r"#[^\n]*", text))

    def code(self, name):
        """A file without its comments."""
        suffix, text = pathlib.PurePath(name).suffix, self.texts[name]
        return COMMENT.sub(" ", text) if suffix in CODE else "" if suffix == ".md" else text

    def source(self, *suffixes):
        return [name for name in self.texts if name.startswith("src/") and name.endswith(suffixes)]


def lost_files(tree):
    for name in tree.texts:
        for file in sorted(set(FILE.findall(tree.prose(name)))):
            if file not in ELSEWHERE and re.sub(r"^(\.\.?/)+", "", file) not in tree.ends:
                yield f"{name}: there is no file {file}"


def lost_functions(tree):
    known = {word for name in tree.texts for word in re.findall(r"[A-Za-z_]\w*", tree.code(name))}
    known |= {word for name in tree.names for word in re.split(r"\W+", name)}
    table = tree.texts.get("src/process/metrics.def", "")
    known |= {f"ecs_{name}_seconds" for name in re.findall(r"^HISTOGRAM\((\w+)_us\b", table, re.MULTILINE)}
    for name in tree.texts:
        prose = tree.prose(name)
        if name.endswith(".md"):  # its examples of code name what they like
            known_here = known | set(re.findall(r"\w+", "".join(re.findall(
                r"```.*?```", prose, re.DOTALL))))
            prose = "\n".join(re.findall(r"`[^`\n]+`", prose))
        elif pathlib.PurePath(name).suffix in CODE:
            known_here = known
        else:
            continue
        words = {word or called for word, called in FUNCTION.findall(prose)}
        for word in sorted(words - known_here):
            if not FOREIGN.fullmatch(word):
                yield f"{name}: there is nothing named {word}"


def shared_tags(tree):
    places = collections.defaultdict(list)
    for name in tree.source(".c", ".h"):
        for tag in TAG.findall(tree.code(name)):
            places[tag].append(name)
    for tag, names in sorted(places.items()):
        if len(names) > 1:
            yield f"{', '.join(names)}: the tag {tag} is given more than once"


def public_functions(tree):
    """(header, name, whether it is whole there) of every function of a header of src/."""
    for header in tree.source(".h"):
        text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", "", tree.code(header), flags=re.MULTILINE)
        for match in DECLARED.finditer(text):
            yield header, match[1], match[0].endswith("{")


def unused_functions(tree):
    words = collections.Counter(word for name in tree.source(".c", ".h", ".def")
                                for word in re.findall(r"\w+", tree.code(name)))
    for header, name, whole in public_functions(tree):
        if words[name] <= (1 if whole else 2):
            yield f"{header}: the program does not use {name}"


def unchecked_functions(tree):
    for header in tree.source(".h"):
        for name in UNCHECKED.findall(tree.code(header)):
            yield f"{header}: {name} returns a status and is not MUST_CHECK"


def stray_prefixes(tree):
    for header, name, _ in public_functions(tree):
        noun = re.sub(r"_(json|text)$", "", pathlib.PurePath(header).stem)
        nouns = {noun, *GIVEN.findall(tree.code(header))}
        forms = {noun.removesuffix("s"), f"{noun}s"}
        room = header.split("/")[1]
        nouns |= {ROOM_NOUNS[room]} if room in ROOM_NOUNS else set()
        if not any(name == noun or name.startswith(f"{noun}_") for noun in nouns | forms):
            yield f"{header}: {name} begins with none of {', '.join(sorted(nouns))}"


def main():
    root = pathlib.Path((sys.argv[1:] or ["."])[0])
    tree = Tree(root)
    if not tree.source(".c", ".h"):
        sys.exit(f"names: no source files under {root / 'src'}")
    faults = [*lost_files(tree), *lost_functions(tree), *shared_tags(tree), *unused_functions(tree),
              *unchecked_functions(tree), *stray_prefixes(tree)]
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"names: {len(tree.texts)} files, {len(faults)} faults")
    sys.exit(1 if faults else 0)


main()
