# SPDX-License-Identifier: Apache-2.0
"""A model trained by `ecs train --csv` on columns that are features of ECS, in any order and any of
them, is served, challenges and is weighed; a column that is not the feature's is refused."""
import json
import random
import re
import shutil

import pytest
from harness.client import Client, emotion, now_text
from harness.ecs import ROOT, run_ecs
from harness.poll import until

POLICY = ROOT / "policy" / "seed.json"
FEATURES = re.findall(r"^FEATURE\((\w+), (\w+), (\w+), \w+, (\w+)",
                      (ROOT / "src" / "domain" / "features.def").read_text(encoding="utf-8"),
                      re.MULTILINE)
NAMES = [name for name, *_ in FEATURES]
BUSY = "transaction_count_90d"  # who pays often defaults: only so is it told which column is which
COLUMNS = {
    "backwards": NAMES[::-1],
    "few": ["avg_stress_7d", BUSY],
    "financial": ["account_age_days", "transaction_sum_30d", BUSY],
}


def write_people(path, columns):
    dice = random.Random(7)
    lines = [",".join([*columns, "defaulted"])]
    for _ in range(400):
        payments = dice.randrange(30)
        values = [payments if name == BUSY else dice.randrange(100000) for name in columns]
        defaulted = (payments > 8) != (dice.random() < 0.1)
        lines.append(",".join(map(str, [*values, int(defaulted)])))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """The folder of a model for each choice of columns."""
    path = tmp_path_factory.mktemp("models")
    for name, columns in COLUMNS.items():
        write_people(path / f"{name}.csv", columns)
        done = run_ecs("train", "--csv", str(path / f"{name}.csv"), "--label", "defaulted",
                       "--positive", "1", "--folds", "2", "--repeats", "1",
                       "--out", str(path / name))
        assert done.returncode == 0, done.stderr
    return path


@pytest.mark.parametrize("columns", COLUMNS)
def test_columns_are_what_features_def_tells(models, columns):
    manifest = json.loads((models / columns / "manifest.json").read_text(encoding="utf-8"))
    definitions = {name: (group.lower(), {"UP": 1, "DOWN": -1, "FREE": 0}[direction])
                   for name, _, group, direction in FEATURES}
    found = {column["name"]: (column["group"], column["direction"])
             for column in manifest["columns"]}
    assert list(found) == COLUMNS[columns]
    assert found == {name: definitions[name] for name in COLUMNS[columns]}
    assert {column["kind"] for column in manifest["columns"]} == {"numeric"}
    emotional = any(group == "emotional" for group, _ in found.values())
    assert len(manifest["parts"]) == 1 + emotional


def decided(client, payments):
    """The decision about somebody who paid so often, who felt well."""
    person = client.person()
    for number in range(payments):
        client.spend(person, 100, direction="out", occurredAt=now_text(days=40 + number))
    client.feel(emotion(person.id, positivity=0.9, stress=0.1, timestamp=now_text(hours=1)))
    until("all is seen", lambda: client.features(person)[BUSY] == payments
          and client.features(person)["emotion_count_30d"] == 1)
    answer = client.analyse(person).json()
    return client.get(f"/v1/decisions/{answer['decision_id']}", person.bearer).json()


@pytest.mark.parametrize("columns, kind", [("backwards", "embedded"), ("few", "real"),
                                           ("financial", "embedded")])
def test_the_model_decides_challenges_and_is_weighed(models, columns, kind, folder, system_of):
    shutil.copytree(models / columns, folder / "challengers" / "same" / "model")
    system = system_of(kind, {"SCORER": "trained", "MODEL_DIR": str(models / columns),
                              "CHALLENGERS_DIR": str(folder / "challengers"),
                              "POLICY_FILE": str(POLICY)})
    client = Client(system)
    calm, busy = decided(client, 0), decided(client, 25)
    assert calm["risk_score_full"] < 0.3 and busy["risk_score_full"] > 0.7
    assert calm["model"] == busy["model"] and calm["model"].startswith(f"{columns}@")
    if columns == "financial":
        assert busy["risk_score_full"] == busy["risk_score_financial"]
    known = {factor["code"] for factor in [*calm["factors"], *busy["factors"]]}
    assert BUSY in known and known <= set(COLUMNS[columns])
    told = {(round(decision["ml_risk_score"] * 10**6), decision["model"])
            for decision in (calm, busy)}
    until("the challenger has seen both", lambda: told <= set(system.database.rows(
        "SELECT risk, model FROM shadow_decisions")))
    if kind == "embedded":
        system.process.terminate()
    weighed = system.command("backtest", str(POLICY), "--model", str(models / columns))
    assert weighed.returncode == 0, weighed.stderr
    assert "\nNo decision comes out differently.\n" in weighed.stdout
    if kind == "embedded":
        again = system.command("replay")
        assert again.returncode == 0 and ": 0 differ" in again.stdout, again.stdout


def test_the_scorecard_beside_it_decides(models, system_of):
    system = system_of("embedded", {"SCORER": "points", "MODEL_DIR": str(models / "financial")})
    client = Client(system)
    calm, busy = decided(client, 0), decided(client, 25)
    assert calm["risk_score_full"] < 0.3 and busy["risk_score_full"] > 0.7
    assert busy["factors"][0]["code"] == BUSY


REFUSALS = [
    ({"name": "shoe_size"}, "column 1, shoe_size: features.def has no such feature"),
    ({"name": BUSY, "group": "financial", "direction": 0}, f"columns 1 and 2 are both named {BUSY}"),
    ({"kind": "category", "levels": ["a"]},
     "column 1, avg_stress_7d: is a category, not a number"),
    ({"group": "financial"},
     'column 1, avg_stress_7d: its group is "financial"; features.def has "emotional"'),
    ({"direction": -1}, "column 1, avg_stress_7d: its direction is -1 (risk falls with it); "
                        "features.def has 1 (risk rises with it)"),
    ({}, "the model has emotional columns, and no part that does without them"),
]


@pytest.mark.parametrize("change, reason", REFUSALS)
def test_a_refusal_tells_what_differs(models, folder, change, reason):
    """By all three who take a model."""
    model = folder / "challengers" / "other" / "model"
    shutil.copytree(models / "few", model)
    manifest = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    manifest["columns"][0].update(change)
    if not change:
        del manifest["parts"][1]
    (model / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    settings = {"DATA_DIR": str(folder / "data"), "LISTEN": "127.0.0.1:0", "SCORER": "trained"}
    for environment in ({"MODEL_DIR": str(model)},
                        {"CHALLENGERS_DIR": str(folder / "challengers")}):
        done = run_ecs("serve", environment={**settings, **environment})
        assert done.returncode == 78 and reason in done.stderr, done.stderr
    done = run_ecs("backtest", str(POLICY), "--model", str(model), environment=settings)
    assert done.returncode == 66 and reason in done.stderr, done.stderr


def test_a_feature_that_is_no_number_is_no_training_data(folder):
    path = folder / "people.csv"
    path.write_text("avg_stress_7d,bad\n100,yes\nhigh,no\n", encoding="utf-8")
    done = run_ecs("train", "--csv", str(path), "--label", "bad", "--positive", "yes")
    assert done.returncode == 65
    assert "line 3, column avg_stress_7d: high is no number, and the column is a feature of ECS" in \
        done.stderr
