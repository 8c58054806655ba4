# SPDX-License-Identifier: Apache-2.0
"""ecs train from outside: data in, a model's folder out."""
import csv
import json
import math
import os
import pathlib
import pty
import random
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from harness.ecs import BINARY

ROOT = pathlib.Path(__file__).resolve().parents[2]
CREDIT = ROOT / "tests" / "data" / "german_credit.csv"
PICTURES = ["calibration.svg", "importance.svg", "roc.svg", "scores.svg"]
FILES = sorted(["card.md", "manifest.json", "scorecard.json", "trees.ubj", *PICTURES])
AUC = re.compile(r"^(model|scorecard) +(\d\.\d+) \(", re.MULTILINE)
HASH = re.compile(r"^model ([0-9a-f]{32}) is in ", re.MULTILINE)


def train(*options, timeout_s=120):
    return subprocess.run([BINARY, "train", *map(str, options)], capture_output=True, text=True,
                          timeout=timeout_s, check=False)


def trained(folder, data, label, positive, *options):
    """AUC of model and scorecard, and the model's hash."""
    done = train("--csv", data, "--label", label, "--positive", positive, "--out", folder, *options)
    assert done.returncode == 0, done.stderr
    assert all(line.startswith("ecs train: warning: ") for line in done.stderr.splitlines())
    areas = {name: float(area) for name, area in AUC.findall(done.stdout)}
    return areas, HASH.search(done.stdout)[1], done.stdout


def test_the_credit_data(folder):
    """With its defaults: 50 tests, none on rows that were trained on."""
    areas, digest, output = trained(folder, CREDIT, "Class", "Bad")
    assert "mean of 50 tests" in output
    assert areas["model"] >= 0.790
    assert areas["scorecard"] >= 0.775
    assert sorted(path.name for path in folder.iterdir()) == FILES
    for picture in PICTURES:
        assert ElementTree.parse(folder / picture).getroot().tag.endswith("svg")
    card = (folder / "card.md").read_text(encoding="utf-8")
    assert digest in card
    assert f"| Model | {areas['model']:.4f} (" in card
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["name"] == "german_credit"
    assert len(manifest["columns"]) == 59
    assert {file["name"] for file in manifest["files"]} == {"scorecard.json", "trees.ubj"}


def test_an_outcome_of_many_bytes(folder):
    """The card has the whole command."""
    outcome = "p" * 1500
    rows = "".join(f"{row * 7 % 100},{outcome if row % 3 else 'n'}\n" for row in range(90))
    (folder / "data.csv").write_text(f"a,y\n{rows}", encoding="utf-8")
    done = train("--csv", folder / "data.csv", "--label", "y", "--positive", outcome, "--folds", "2",
                 "--repeats", "1", "--out", folder / "model")
    assert done.returncode == 0, done.stderr
    card = (folder / "model" / "card.md").read_text(encoding="utf-8")
    assert f"--positive {outcome} --folds 2 --repeats 1 --seed 1" in card


def test_the_same_seed_gives_the_same_model(folder):
    quick = ("--repeats", "1", "--folds", "2")
    first = trained(folder / "a", CREDIT, "Class", "Bad", *quick)
    again = trained(folder / "b", CREDIT, "Class", "Bad", *quick)
    other = trained(folder / "c", CREDIT, "Class", "Bad", *quick, "--seed", "2")
    assert first[:2] == again[:2]
    assert first[1] != other[1]
    for name in FILES:
        assert (folder / "a" / name).read_bytes() == (folder / "b" / name).read_bytes()


def test_the_processors_make_no_difference(folder):
    """One of them, and all that there are."""
    usable = os.sched_getaffinity(0)
    for name, processors in (("one", {min(usable)}), ("all", usable)):
        done = subprocess.run(
            [BINARY, "train", "--csv", CREDIT, "--label", "Class", "--positive", "Bad", "--repeats",
             "1", "--out", folder / name], capture_output=True, timeout=120, check=False,
            preexec_fn=lambda chosen=processors: os.sched_setaffinity(0, chosen))
        assert done.returncode == 0, done.stderr
    for name in FILES:
        assert (folder / "one" / name).read_bytes() == (folder / "all" / name).read_bytes()


def write_people(path, count, seed):
    """Categories, numbers and missing values; the outcome follows job, wage and a bent age. Returns
    the AUC of who knows the true odds, and all that is missing."""
    dice = random.Random(seed)
    jobs = {"clerk, senior": -0.7, "worker": 0.0, 'the "boss"': -1.2, "none": 1.1}
    lines = ["job,wage,age,weekday,default"]
    odds = {"yes": [], "no": []}
    for _ in range(count):
        job = dice.choice(list(jobs))
        wage = dice.lognormvariate(7.6, 0.5)
        age = dice.randrange(18, 80)
        z = -0.6 + jobs[job] - 1.1 * math.log(wage / 2000) + 1.2 * (age < 25 or age > 68)
        default = "yes" if dice.random() < 1 / (1 + math.exp(-z)) else "no"
        odds[default].append(z)
        quoted = '"' + job.replace('"', '""') + '"'
        fields = [quoted if dice.random() > 0.1 else dice.choice(["", "NA"]),
                  f"{wage:.2f}" if dice.random() > 0.2 else dice.choice(["?", "null"]),
                  str(age), dice.choice(["Mon", "Tue", "Wed"]), default]
        lines.append(",".join(fields))
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    pairs = [yes > no for yes in odds["yes"] for no in odds["no"]]
    return sum(pairs) / len(pairs)


def test_categories_and_missing_values(folder):
    best = write_people(folder / "people.csv", 2000, 5)
    areas, _, _ = trained(folder / "model", folder / "people.csv", "default", "yes",
                          "--repeats", "1")
    assert areas["model"] > best - 0.04
    assert areas["model"] > areas["scorecard"] - 0.01
    manifest = json.loads((folder / "model" / "manifest.json").read_text(encoding="utf-8"))
    kinds = {column["name"]: column["kind"] for column in manifest["columns"]}
    assert kinds == {"job": "category", "wage": "numeric", "age": "numeric", "weekday": "category"}
    assert manifest["columns"][0]["levels"] == ["clerk, senior", "none", 'the "boss"', "worker"]
    card = (folder / "model" / "card.md").read_text(encoding="utf-8")
    missing = {name: float(share) for name, share in
               re.findall(r"^\| (\w+) \|.*\| ([\d.]+) % \|", card, re.MULTILINE)}
    assert 7 < missing["job"] < 13 and 17 < missing["wage"] < 23 and missing["age"] == 0


@pytest.mark.parametrize("text, reason", [
    ("a,bad\n1,yes\n2\n", "line 3: 1 fields, the header has 2"),
    ("a,b\n1,2\n", "line 1: no column is named bad"),
    ("a,bad\n1,yes\n2,no\n3,perhaps\n", "line 4: a third outcome, perhaps"),
    ("a,bad\n1,yes\n2,no\n", "fewer rows of one outcome than folds"),
    ("", "line 1: the file is empty"),
    ("a,bad\n1,Yes\n2,No\n", "no outcome is yes: there are Yes, No"),
    ("a,bad\n" + "".join(f"{row},{'yes' if row % 3 else 'no'}\n" for row in range(30)) + "12O,no\n",
     "line 32, column a: 12O is no number, and the column seems to be one"),
])
def test_data_at_fault(folder, text, reason):
    (folder / "data.csv").write_text(text, encoding="utf-8")
    done = train("--csv", folder / "data.csv", "--label", "bad", "--positive", "yes",
                 "--out", folder / "model")
    assert done.returncode == os.EX_DATAERR
    assert reason in done.stderr
    assert not (folder / "model").exists()


@pytest.mark.parametrize("options, status, reason", [
    (["--csv", "/none.csv", "--label", "a", "--positive", "b"], os.EX_NOINPUT,
     "/none.csv: No such file"),
    (["--csv", CREDIT], os.EX_USAGE, "--csv, --label and --positive are needed"),
    (["--folds", "1"], os.EX_USAGE, "--folds is a whole number of 2 to 20, not 1"),
    (["--repeats", "many"], os.EX_USAGE, "--repeats is a whole number of 1 to 100, not many"),
    (["--colour", "red"], os.EX_USAGE, "there is no option --colour"),
    (["--seed"], os.EX_USAGE, "--seed needs a value"),
])
def test_options_at_fault(options, status, reason):
    done = train(*options)
    assert done.returncode == status
    assert reason in done.stderr


def test_a_folder_that_cannot_be_written():
    done = train("--csv", CREDIT, "--label", "Class", "--positive", "Bad", "--folds", "2",
                 "--repeats", "1", "--out", "/proc/none")
    assert done.returncode == os.EX_CANTCREAT
    assert "/proc/none/" in done.stderr


def test_rows_with_times_are_tested_on_the_last_of_them(folder):
    """What was learned before a change of the world does not hold after it."""
    chance = random.Random(5)
    lines = ["when,income,bad"]
    for number in range(2000):
        income = chance.random()
        turned = number >= 1500
        bad = chance.random() < (income if turned else 1 - income)
        lines.append(f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z,{income},{int(bad)}")
    path = folder / "times.csv"
    header, *rows = lines
    chance.shuffle(rows)
    path.write_text("\n".join([header, *rows]) + "\n")
    options = ("--csv", path, "--label", "bad", "--positive", "1", "--repeats", "1")
    mixed = train(*options, "--out", folder / "mixed")
    last = train(*options, "--time", "when", "--out", folder / "last")
    assert last.returncode == 0, last.stderr

    def auc(done):
        return float(re.search(r"^model +([0-9.]+)", done.stdout, re.MULTILINE).group(1))

    assert auc(last) < 0.4 < 0.55 < auc(mixed)
    wrong = train(*options, "--time", "income2", "--out", folder / "none")
    assert wrong.returncode == os.EX_DATAERR and "no column is named income2" in wrong.stderr


def test_help():
    done = train("--help")
    assert done.returncode == 0 and done.stdout.startswith("usage: ecs train --csv FILE")


def test_what_is_suspicious_is_warned_about(folder):
    """Columns left out, one that knows the outcome, codes, and rows that are there twice: on
    standard error, and in the card."""
    dice = random.Random(3)
    lines = ["id,same,repaid,children,age,bad"]
    for number in range(300):
        bad = int(dice.random() < 0.3)
        children = dice.choice(["0", "1", "2", "3+"])
        lines.append(f"no{number},1,{1 - bad},{children},{dice.uniform(18, 80):.3f},{bad}")
    lines[100] = lines[50].replace("no49", "no99")
    path = folder / "people.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = train("--csv", path, "--label", "bad", "--positive", "1", "--folds", "2", "--repeats",
                 "1", "--out", folder / "model")
    assert done.returncode == 0
    first = next(number for number, line in enumerate(lines, 1) if ",3+," in line)
    card = (folder / "model" / "card.md").read_text(encoding="utf-8")
    warnings = done.stderr.splitlines()
    for part in ("column id is left out: hardly any of its values comes twice",
                 "column same is left out: all its values are the same",
                 "column repaid alone tells the outcome, with an AUC of 1.000",
                 f"line {first}, column children: 3+ is no number, as ",
                 "1 rows repeat others in all that is used, the first of them line 101 (as line 51)"):
        found, = [line for line in warnings if part in line]
        assert found.startswith(f"ecs train: warning: {path}: ")
        assert f"- Warning: {found.split(f'{path}: ')[1]}\n" in card
    assert len(warnings) == 5


def auc_of(rows, name):
    """Mann and Whitney, by hand."""
    rated = {outcome: [float(row[name]) for row in rows if row["outcome"] == outcome]
             for outcome in "01"}
    pairs = [(bad > good) + (bad == good) / 2 for bad in rated["1"] for good in rated["0"]]
    return sum(pairs) / len(pairs)


@pytest.mark.parametrize("time", [(), ("--time", "age")])
def test_predictions_of_rows_that_were_not_seen(folder, time):
    write_people(folder / "people.csv", 1200, 5)
    out = folder / "predictions.csv"
    areas, *_ = trained(folder / "model", folder / "people.csv", "default", "yes", "--repeats", "1",
                        "--predictions", out, *time)
    with open(folder / "people.csv", encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    with open(out, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["row", "outcome", "model", "scorecard"]
    places = [int(row["row"]) for row in rows]
    assert places == sorted(set(places))
    assert all(row["outcome"] == str(int(people[place - 1]["default"] == "yes"))
               for row, place in zip(rows, places))
    if time:
        assert 250 < len(rows) < 350
        assert min(int(people[place - 1]["age"]) for place in places) == max(
            int(person["age"]) for place, person in enumerate(people, 1)
            if place not in places) + 1
    else:
        assert places == list(range(1, 1201))
    for name, area in areas.items():
        assert abs(auc_of(rows, name) - area) < 0.02


def test_predictions_that_cannot_be_written(folder):
    done = train("--csv", CREDIT, "--label", "Class", "--positive", "Bad", "--folds", "2",
                 "--repeats", "1", "--out", folder / "model", "--predictions", "/proc/none/p.csv")
    assert done.returncode == os.EX_CANTCREAT
    assert "cannot write /proc/none/p.csv: " in done.stderr


def test_a_bar_on_a_terminal(folder):
    """A terminal sees one line written over; a file sees lines, without control characters."""
    command = ["train", "--csv", str(CREDIT), "--label", "Class", "--positive", "Bad", "--folds",
               "2", "--repeats", "1", "--out", str(folder / "model")]
    child, terminal = pty.fork()
    if child == 0:
        os.execv(BINARY, [str(BINARY), *command])
    seen = b""
    try:
        while chunk := os.read(terminal, 4096):
            seen += chunk
    except OSError:  # the other end is closed
        pass
    assert os.waitpid(child, 0)[1] == 0
    assert b"[" + b"#" * 30 + b"] 4 of 4" in seen
    assert b"\x1b" not in subprocess.run([BINARY, *command], capture_output=True, check=True).stdout
