# SPDX-License-Identifier: Apache-2.0
"""The static analysers find a planted fault, and are silenced by a reason, not without one."""
import importlib.util
import json
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("analyse", ROOT / "tools" / "analyse.py")
analyse = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(analyse)

LEAK = """#include <stdio.h>
#include <stdlib.h>
int leak(int size);
int leak(int size)
{
    char *text = malloc((size_t)size);
    if (text == NULL || fgets(text, size, stdin) == NULL)
        exit(1);
    %s
    return atoi(text);
}
"""
CHECKS = {"gcc": "-Wanalyzer-malloc-leak", "clang": "unix.Malloc", "tidy": "cert-err34-c"}


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """Analyses a file with this line in it; returns the status and what was told."""
    (tmp_path / "src").mkdir()
    (tmp_path / "build").mkdir()
    monkeypatch.setattr(analyse, "ROOT", tmp_path)
    monkeypatch.setattr(analyse, "BUILD", tmp_path / "build")
    monkeypatch.setitem(analyse.ANALYSERS, "tidy",
                        ["clang-tidy-14", "--quiet", f"--config-file={ROOT}/.clang-tidy", "-p",
                         str(tmp_path / "build")])

    def run(analyser, line):
        (tmp_path / "src" / "leak.c").write_text(LEAK.replace("%s", line), encoding="utf-8")
        (tmp_path / "build" / "compile_commands.json").write_text(json.dumps([{
            "directory": str(tmp_path / "build"), "file": "../src/leak.c",
            "command": "ccache cc -I../src -Wall -O2 -o leak.o -c ../src/leak.c"}]))
        status = analyse.main([analyser])
        return status, capsys.readouterr().out

    return run


@pytest.mark.parametrize("analyser", CHECKS)
def test_a_fault_is_found(analyser, check):
    status, told = check(analyser, "")
    assert status == 1 and told.startswith("src/leak.c:") and f"[{CHECKS[analyser]}]" in told


@pytest.mark.parametrize("analyser", ["gcc", "clang"])
def test_a_reason_silences_it(analyser, check):
    status, told = check(analyser, f"/* NOLINTNEXTLINE({CHECKS[analyser]}): it is a test. */")
    assert status == 0, told


@pytest.mark.parametrize("comment, fault", [
    ("NOLINTNEXTLINE(-Wanalyzer-malloc-leak)", "the reason"),
    ("NOLINT", "the reason"),
    ("NOLINT(-Wanalyzer-double-free): it is a test.", "no such warning")])
def test_a_comment_without_a_reason_or_a_warning_is_a_fault(comment, fault, check):
    status, told = check("gcc", f"/* {comment} */")
    assert status == 1 and fault in told
