# SPDX-License-Identifier: Apache-2.0
"""The check of names finds each kind of fault that it is there for."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOUND = {
    "src/base/buf.h": "/* See buf.c. */\nstruct buf {\n    int size;\n};\nint buf_size(struct buf *buf);\n",
    "src/base/buf.c": "/* buf_size() is a number. */\nint buf_size(struct buf *buf)\n{\n}\n",
    "src/main.c": "int main(void)\n{\n    return buf_size(0);\n}\n",
    "docs/page.md": "`src/base/buf.c` has `buf_size`; `make_it` is in\n```\nmake_it = 1\n```\n",
}


def check(folder, **files):
    for path, text in {**SOUND, **files}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    done = subprocess.run([ROOT / "tools" / "names.py", folder], capture_output=True, text=True)
    return done.returncode, done.stderr


def test_what_is_sound_passes(tmp_path):
    assert check(tmp_path) == (0, "")


@pytest.mark.parametrize("path, text, fault", [
    ("src/base/buf.c", "/* As docs/decisions/none.md says. */", "no file docs/decisions/none.md"),
    ("src/base/buf.c", '/* A path: "sql/0.sql" */', "no file sql/0.sql"),
    ("src/base/buf.c", "/* See page.c. */", "no file page.c"),
    ("sql/1.sql", "-- in src/base/slice.h", "no file src/base/slice.h"),
    ("tools/x.py", "\x23 tools/y.py does it", "no file tools/y.py"),
    ("docs/other.md", "Read docs/lost.md.", "no file docs/lost.md"),
    ("src/base/buf.c", "/* buf_lose loses it. */", "nothing named buf_lose"),
    ("src/base/buf.c", "/* After lose() it is lost. */", "nothing named lose"),
    ("docs/other.md", "Call `buf_lose(buf)`.", "nothing named buf_lose"),
    ("src/main.c", "struct buf {\n    int other;\n};", "the tag buf is given more than once"),
    ("src/main.c", "enum buf { BUF_OTHER };", "the tag buf is given more than once"),
    ("src/model/part.h", "struct whole;\nint whole_size(void);\nint part(void);\nint sum(void);",
     "src/model/part.h: sum begins with none of part, whole\n"),
    ("src/scorers/http.h", "int scorer_http(void);\nint sum(void);",
     "src/scorers/http.h: sum begins with none of http, scorer\n"),
    ("src/main.c", "int main(void)\n{\n}", "the program does not use buf_size"),
    ("src/model/part.h", "enum status part(void);", "part returns a status and is not MUST_CHECK"),
])
def test_a_fault_is_found(tmp_path, path, text, fault):
    status, errors = check(tmp_path, **{path: f"{text}\n"})
    assert status == 1
    assert fault in errors


def test_no_sources_is_a_fault(tmp_path):
    done = subprocess.run([ROOT / "tools" / "names.py", tmp_path], capture_output=True, text=True)
    assert done.returncode == 1
    assert "no source files" in done.stderr


def test_the_project_itself_passes():
    done = subprocess.run([ROOT / "tools" / "names.py", ROOT], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_one_text_changes_the_status_of_an_offer():
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.[ch]")]
    assert sum(len(re.findall(r"UPDATE\s+offers", text)) for text in texts) == 1
