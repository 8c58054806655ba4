# SPDX-License-Identifier: Apache-2.0
"""Policies as files: the examples are good, the schema and the program refuse the same mistakes,
and every fault is told with its place, by `ecs policy check` and by `ecs serve`."""
import copy
import json
import re

import jsonschema
import pytest
from harness.ecs import BASE_ENVIRONMENT, ROOT, Process, run_ecs

SCHEMA = json.loads((ROOT / "policy" / "policy.schema.json").read_text(encoding="utf-8"))
EXAMPLES = sorted(path for path in (ROOT / "policy").glob("*.json")
                  if path.name != "policy.schema.json")
ABSENT = object()


def check(path):
    return run_ecs("policy", "check", str(path))


def is_valid(policy):
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(policy)


def changed(changes):
    """policy/two-loans.json with the values at some paths replaced."""
    policy = json.loads((ROOT / "policy" / "two-loans.json").read_text(encoding="utf-8"))
    for path, value in changes.items():
        *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        place = policy
        for part in parents:
            place = place[part]
        if value is ABSENT:
            del place[last]
        else:
            place[last] = copy.deepcopy(value)
    return policy


def written(folder, policy):
    path = folder / "policy.json"
    path.write_text(json.dumps(policy, indent=1, ensure_ascii=False), encoding="utf-8")
    return path


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_good(path):
    assert is_valid(json.loads(path.read_text(encoding="utf-8")))
    done = check(path)
    assert (done.returncode, done.stderr) == (0, "")


# Mistakes that both can tell: what is changed, and the path that the program names.
MISTAKES = [
    ({"name": ABSENT}, "name"),
    ({"name": ""}, "name"),
    ({"name": "n" * 49}, "name"),
    ({"name": "a\tb"}, "name"),
    ({"name": 7}, "name"),
    ({"$schema": 7}, r"\$schema"),
    ({"offer_life_days": ABSENT}, "offer_life_days"),
    ({"offer_life_days": 0}, "offer_life_days"),
    ({"offer_life_days": 366}, "offer_life_days"),
    ({"offer_life_days": 1.5}, "offer_life_days"),
    ({"offer_life_days": "7"}, "offer_life_days"),
    ({"emotion_guard": "on"}, "emotion_guard"),
    ({"emotion_guard": None}, "emotion_guard"),
    ({"currency": "eur"}, "currency"),
    ({"currency": "EURO"}, "currency"),
    ({"currency": None}, "currency"),
    ({"exposure_cap": 0}, "exposure_cap"),
    ({"exposure_cap": None}, "exposure_cap"),
    ({"exposure_cap": 1e8}, "exposure_cap"),
    ({"cooling_off_hours": -1}, "cooling_off_hours"),
    ({"cooling_off_hours": 8761}, "cooling_off_hours"),
    ({"cooling_off_hours": 0.5}, "cooling_off_hours"),
    ({"rate_cap_percent": 0}, "rate_cap_percent"),
    ({"rate_cap_percent": 1001}, "rate_cap_percent"),
    ({"emotion_gaurd": "off"}, "emotion_gaurd"),
    ({"bands": ABSENT}, "bands"),
    ({"bands": []}, "bands"),
    ({"bands": {}}, "bands"),
    ({"bands": [{"risk_to": 1, "decision": "deny", "reason": "x"}] * 17}, "bands"),
    ({"bands.1": 7}, "bands.1"),
    ({"bands.1.risk_to": ABSENT}, "bands.1.risk_to"),
    ({"bands.1.risk_to": "0.6"}, "bands.1.risk_to"),
    ({"bands.1.risk_to": 1.1}, "bands.1.risk_to"),
    ({"bands.0.risk_to": -0.1}, "bands.0.risk_to"),
    ({"bands.1.decision": "maybe"}, "bands.1.decision"),
    ({"bands.1.decision": ABSENT}, "bands.1.decision"),
    ({"bands.1.credit_type": ABSENT}, "bands.1.credit_type"),
    ({"bands.1.credit_type": "x" * 49}, "bands.1.credit_type"),
    ({"bands.1.reason": "x"}, "bands.1.reason"),
    ({"bands.1.limit": ABSENT}, "bands.1.limit"),
    ({"bands.1.limit.full": -1}, "bands.1.limit.full"),
    ({"bands.1.limit.floor": ABSENT}, "bands.1.limit.floor"),
    ({"bands.1.limit.flor": 1}, "bands.1.limit.flor"),
    ({"bands.1.rate_percent.base": True}, "bands.1.rate_percent.base"),
    ({"bands.1.rate_percent.slope": -1}, "bands.1.rate_percent.slope"),
    ({"bands.1.rate_percent.slope": 1001}, "bands.1.rate_percent.slope"),
    ({"bands.2.reason": ABSENT}, "bands.2.reason"),
    ({"bands.2.reason": "x" * 81}, "bands.2.reason"),
    ({"bands.2.limit": {"full": 1, "floor": 1}}, "bands.2.limit"),
]


@pytest.mark.parametrize("changes, path", MISTAKES)
def test_schema_and_program_refuse_the_same(folder, changes, path):
    policy = changed(changes)
    assert not is_valid(policy)
    done = check(written(folder, policy))
    assert (done.returncode, done.stdout) == (65, "")
    assert re.search(rf"^{folder}/policy\.json:\d+:\d+: error: {path}: \S", done.stderr,
                     re.MULTILINE), done.stderr


# What no schema can tell.
@pytest.mark.parametrize("changes, said", [
    ({"bands.2.risk_to": 0.9}, "error: bands.2.risk_to: risks from 0.900001 to 1 belong to no"),
    ({"bands.1.risk_to": 0.25}, "error: bands.1.risk_to: the band is unreachable"),
    ({"bands.1.risk_to": 0.2}, "error: bands.1.risk_to: the band overlaps"),
    ({"bands.1.limit.floor": 22500.01}, "error: bands.1.limit: the limit falls as risk falls"),
    ({"bands.1.limit": {"full": 0, "floor": 0}}, "error: bands.1.limit.floor: an approval offers"),
    ({"rate_cap_percent": 13.99}, "error: bands.1.rate_percent: the rate reaches 14.00 percent at "
                                  "risk 0.6, above rate_cap_percent 13.99"),
    ({"bands.0": {"risk_to": 0.25, "decision": "deny", "reason": "x"}},
     "error: bands.1.decision: a higher risk is approved than is denied"),
])
def test_what_only_the_program_can_tell(folder, changes, said):
    policy = changed(changes)
    assert is_valid(policy)
    done = check(written(folder, policy))
    assert done.returncode == 65
    assert said in done.stderr


def test_the_seeds_policy_is_shown():
    done = check(ROOT / "policy" / "seed.json")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["name", "seed"] in lines
    assert ["emotion", "guard", "may_only_help"] in lines
    assert any(re.fullmatch(r"hash +[0-9a-f]{32}", line) for line in done.stdout.splitlines())
    assert lines[-4:] == [
        ["0.000000", "approve", "10000.00", "5.00", "%", "SHORT_TERM_PERSONAL_LOAN"],
        ["0.600000", "approve", "4000.00", "14.00", "%", "SHORT_TERM_PERSONAL_LOAN"],
        ["0.600001", "deny", "High", "risk", "score."],
        ["1.000000", "deny", "High", "risk", "score."]]


def test_warnings_do_not_forbid(folder):
    done = check(written(folder, changed({"bands.1.rate_percent": {"base": 1, "slope": 0}})))
    assert done.returncode == 0
    assert "warning: bands.1.rate_percent: the rate falls as risk rises" in done.stderr
    assert "LONG_TERM_PERSONAL_LOAN" in done.stdout


FAULTY = """{
  "name": "caf\u00e9", "offer_live_days": 7,
  "bands": [
    {"risk_to": 0.5, "decision": "deny", "reason": "\u20ac", "limit": 1},
    {"risk_to": 0.4, "decision": "deny", "reason": "no"}
  ]
}
"""
FAULTS = [
    "1:1: error: offer_life_days: Field required.",
    "2:19: error: offer_live_days: Unknown member; a policy has name, offer_life_days, "
    "emotion_guard, exposure_cap, cooling_off_hours, rate_cap_percent, currency, bands, $schema.",
    "4:57: error: bands.0.limit: Unknown member; a band that denies has risk_to, decision, "
    "reason.",
    "5:6: error: bands.1.risk_to: the band overlaps those before it and is unreachable: it ends "
    "at 0.4, and they end at 0.5.",
    "5:6: error: bands.1.risk_to: risks from 0.500001 to 1 belong to no band: the last one must "
    "end at 1."]


def test_all_faults_are_told_at_once_with_their_places(folder):
    path = folder / "policy.json"
    path.write_text(FAULTY, encoding="utf-8")
    done = check(path)
    assert done.returncode == 65
    assert done.stderr.splitlines() == [f"{path}:{fault}" for fault in FAULTS]


def test_serve_refuses_in_the_same_words(folder):
    path = folder / "policy.json"
    path.write_text(FAULTY, encoding="utf-8")
    done = run_ecs("serve", environment={
        **BASE_ENVIRONMENT, "DATA_DIR": str(folder), "LISTEN": "127.0.0.1:0",
        "POLICY_FILE": str(path)})
    assert done.returncode == 78
    assert re.search("^POLICY_FILE: ", done.stderr, re.MULTILINE)
    assert check(path).stderr in done.stderr


def test_serve_starts_on_an_example(folder):
    environment = {**BASE_ENVIRONMENT, "POLICY_FILE": str(ROOT / "policy" / "two-loans.json")}
    Process("ecs", folder, environment).start().terminate()


@pytest.mark.parametrize("text, place", [
    ("", "1:1"), ("{\n \"a\": 1\n \"b\": 2\n}", "3:4"), ("{\"a\":1,\n\"a\":1}", "2:3"),
    ("[" * 40, "1:33"), ("7", "1:1"), ("{\"a\": 1e999}", r"1:\d+"),
])
def test_what_is_no_policy_at_all_has_a_place(folder, text, place):
    path = folder / "policy.json"
    path.write_text(text, encoding="utf-8")
    done = check(path)
    assert done.returncode == 65
    assert re.match(rf"{path}:{place}: error: \S", done.stderr), done.stderr


def test_a_file_that_is_too_long(folder):
    path = folder / "policy.json"
    path.write_text(" " * 65537, encoding="utf-8")
    done = check(path)
    assert done.returncode == 65
    assert "65536 bytes" in done.stderr


def test_more_faults_than_anybody_reads(folder):
    done = check(written(folder, {f"m{i}": i for i in range(4000)}))
    assert done.returncode == 65
    assert len(done.stderr) < 70000
    assert done.stderr.endswith("\necs: there are more faults than are shown\n")


def test_a_file_that_cannot_be_read(folder):
    for path in (folder / "missing.json", folder):
        done = check(path)
        assert (done.returncode, done.stdout) == (66, "")
        assert str(path) in done.stderr


def test_the_page_says_what_the_program_says(folder):
    page = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    good, bad = re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    table, faults = re.findall(r"^```text\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    for text, code, output, errors in ((good, 0, table, ""), (bad, 65, "", faults)):
        (folder / "mine.json").write_text(text, encoding="utf-8")
        done = run_ecs("policy", "check", "mine.json", folder=folder)
        assert (done.returncode, done.stdout, done.stderr) == (code, output, errors)
    assert good == (ROOT / "policy" / "two-loans.json").read_text(encoding="utf-8")
