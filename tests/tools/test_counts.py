# SPDX-License-Identifier: Apache-2.0
"""The summary counts what the test runners wrote down, and can fail."""
import importlib.util
import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("runner", ROOT / "tools" / "test.py")
runner = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(runner)


def log(folder, *programs):
    file = folder / "log.json"
    file.write_text("\n".join(json.dumps(program) for program in programs), encoding="utf-8")
    return file


def test_cases_of_a_program_are_counted(tmp_path):
    assert runner.meson_counts(log(
        tmp_path,
        {"result": "OK", "stdout": "", "stderr": "[  PASSED  ] 7 test(s).\n"},
        {"result": "FAIL",
         "stderr": "[  PASSED  ] 2 test(s).\n[  FAILED  ] 1 test(s), listed below:\n"},
    )) == (9, 1)


def test_a_program_without_cases_is_one(tmp_path):
    assert runner.meson_counts(log(tmp_path, {"result": "OK", "stdout": "fine"})) == (1, 0)


def test_a_program_that_died_has_failed(tmp_path):
    crashed = {"result": "FAIL", "stderr": "[  PASSED  ] 3 test(s).\nAddressSanitizer: leak\n"}
    timed_out = {"result": "TIMEOUT", "stdout": ""}
    assert runner.meson_counts(log(tmp_path, crashed, timed_out)) == (3, 2)
