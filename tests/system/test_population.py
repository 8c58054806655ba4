# SPDX-License-Identifier: Apache-2.0
"""The population as a table to learn from: what the command says is what its file holds."""
import csv
import os
import pty
import re
import subprocess

import pytest
from harness.ecs import BINARY, ROOT

LINE = re.compile(r"^(\w+) +(\d+) +(\d+\.\d\d) % +(\d\.\d{3}) +(\d\.\d{3})$", re.MULTILINE)
PERSONAS = ("steady", "saver", "spender", "stressed")


def population(folder, *options):
    """Runs the command; (lines by name, rows of its file, what it printed)."""
    file = folder / "people.csv"
    done = subprocess.run([BINARY, "population", "--csv", file, *options], text=True,
                          env={"DATA_DIR": str(folder / "none")}, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not (folder / "none").exists()  # it needs nothing that runs
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    found = {name: tuple(map(float, numbers)) for name, *numbers in LINE.findall(done.stdout)}
    return found, rows, done.stdout


def features():
    table = (ROOT / "src" / "domain" / "features.def").read_text(encoding="utf-8")
    return re.findall(r"^FEATURE\((\w+), (\w+),", table, re.MULTILINE)


def test_its_file_holds_what_it_says(folder):
    said, rows, _ = population(folder, "--people", "3000")
    assert list(said) == [*PERSONAS, "all"]
    assert list(rows[0]) == [*(name for name, _ in features()), "persona", "defaulted"]
    for name, (people, percent, best, scorecard) in said.items():
        group = [row for row in rows if name in (row["persona"], "all")]
        defaults = sum(int(row["defaulted"]) for row in group)
        assert len(group) == people
        assert abs(100 * defaults / len(group) - percent) < 0.006
        assert 0 <= scorecard <= best <= 1
    assert 12 <= said["all"][1] <= 20
    assert 0.80 <= said["all"][2] <= 0.92


def test_values_are_whole_numbers_in_the_unit_of_the_feature(folder):
    _, rows, _ = population(folder, "--people", "200")
    limits = {"COUNT": (0, 10**6), "CENTS": (0, 10**12), "SHARE": (0, 10**6),
              "CHANGE": (-10**6, 10**6)}
    for row in rows:
        for name, unit in features():
            least, most = limits[unit]
            assert least <= int(row[name]) <= most
        assert row["defaulted"] in ("0", "1") and row["persona"] in PERSONAS


def test_the_same_people_again_and_others_by_seed_or_moment(folder):
    first = population(folder, "--people", "50")
    assert population(folder, "--people", "50", "--seed", "1",
                      "--as-of", "2026-01-01T12:00:00Z")[:2] == first[:2]
    assert population(folder, "--people", "100")[1][:50] == first[1]
    assert population(folder, "--people", "50", "--seed", "2")[1] != first[1]
    later = population(folder, "--people", "50", "--as-of", "2026-01-02T12:00:00Z")[1]
    assert [int(row["account_age_days"]) - int(before["account_age_days"])
            for row, before in zip(later, first[1])] == [1] * 50


def test_a_bar_on_a_terminal_and_lines_elsewhere(folder):
    assert "\r" not in population(folder, "--people", "600")[2]
    main, terminal = pty.openpty()
    process = subprocess.Popen([BINARY, "population", "--people", "600"], stdout=terminal)
    os.close(terminal)
    shown = b""
    try:
        while part := os.read(main, 4096):
            shown += part
    except OSError:  # the end of a terminal that nobody writes to any more
        pass
    os.close(main)
    assert process.wait(timeout=20) == 0
    assert b"\rpeople" in shown.replace(b"\033[K", b"") and b"###" in shown


@pytest.mark.parametrize("options, word", [
    ((), "--people is missing"),
    (("--people",), "--people needs a value"),
    (("--people", "0"), "--people is a whole number of 1 to 1000000, not 0"),
    (("--people", "5", "--seed", "x"), "--seed"),
    (("--people", "5", "--as-of", "yesterday"), "--as-of yesterday"),
    (("--people", "5", "--as-of", "1970-06-01"), "--as-of 1970-06-01"),
    (("--people", "5", "--nonsense", "1"), "no option --nonsense"),
])
def test_faults_of_the_arguments_are_told(options, word):
    done = subprocess.run([BINARY, "population", *options], text=True, capture_output=True,
                          timeout=20)
    assert done.returncode == 64
    assert word in done.stderr


def test_a_file_that_cannot_be_written_is_told(folder):
    command = [BINARY, "population", "--people", "2000", "--csv"]
    missing = subprocess.run([*command, folder / "none" / "people.csv"], text=True,
                             capture_output=True, timeout=20)
    assert missing.returncode == 73 and "No such file" in missing.stderr
    full = subprocess.run([*command, "/dev/full"], text=True, capture_output=True, timeout=20)
    assert full.returncode == 74 and "cannot be written" in full.stderr
