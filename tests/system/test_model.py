# SPDX-License-Identifier: Apache-2.0
"""A trained model decides, is replaced while it does, and whatever is no such model is refused."""
import json
import pathlib
import shutil

import pytest
from harness.client import Client, emotion, now_text
from harness.poll import until

DEFAULT = pathlib.Path(__file__).resolve().parents[2] / "models" / "default"


def model_name(process):
    (name,) = [name for name in process.metrics() if name.startswith("ecs_model_info")]
    return name


def copy_model(to, rename=None):
    """Puts the built-in model into a folder; `rename` gives it another name, and so another hash.
    The manifest comes last: it is what is looked at."""
    to.mkdir(exist_ok=True)
    for file in DEFAULT.iterdir():
        if file.name != "manifest.json":
            shutil.copy(file, to / file.name)
    manifest = json.loads((DEFAULT / "manifest.json").read_text())
    if rename is not None:
        manifest["name"] = rename
    draft = to / ".manifest.new"
    draft.write_text(json.dumps(manifest))
    draft.rename(to / "manifest.json")


@pytest.fixture
def trained(folder, system_of):
    path = folder / "model"
    copy_model(path)
    system = system_of("embedded", {"SCORER": "trained", "MODEL_DIR": str(path)})
    system.model_path = path
    return system


def risky_life(client, person):
    """Spends all that comes in, and suffers."""
    for week in range(6):
        client.spend(person, 900, direction="in", occurredAt=now_text(days=7 * week + 1))
        client.spend(person, 2400, direction="out", occurredAt=now_text(days=7 * week))
        client.feel(emotion(person.id, positivity=0.1, stress=0.95,
                            timestamp=now_text(days=3 * week, hours=1)))
    until("all is seen", lambda: client.features(person)["transaction_count_90d"] == 12
          and client.features(person)["emotion_count_30d"] == 6)


def test_a_denial_tells_its_reasons_and_the_nearest_approval(trained):
    client = Client(trained)
    person = client.person()
    risky_life(client, person)
    answer = client.analyse(person).json()
    decision = client.get(f"/v1/decisions/{answer['decision_id']}", person.bearer).json()
    assert decision["basis"] in ("full", "financial") and decision["emotions_known"]
    assert decision["risk_score_financial"] >= answer["ml_risk_score"]
    assert 1 <= len(answer["reasons"]) <= 4
    assert [factor["en"] for factor in decision["factors"]] == answer["reasons"]
    weights = [factor["weight"] for factor in decision["factors"]]
    if answer["approved"]:
        assert weights == sorted(weights) and all(weight < 0 for weight in weights)
    else:
        assert weights == sorted(weights, reverse=True) and all(weight > 0 for weight in weights)
        assert all(factor["pt"] for factor in decision["factors"])


def test_a_model_is_replaced_without_a_restart(trained):
    client, process = Client(trained), trained.process
    before = model_name(process)
    first = client.person()
    client.analyse(first)
    copy_model(trained.model_path, rename="second")
    until("the model is replaced", lambda: model_name(process) != before)
    second = client.person()
    decision = client.get(f"/v1/decisions/{client.analyse(second).json()['decision_id']}",
                          second.bearer).json()
    assert decision["model"].startswith("second@") and decision["model"] in model_name(process)
    process.terminate()
    done = trained.command("replay")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("2 decisions made again")


def test_the_scorecard_beside_it_decides_too(folder, system_of):
    """What to fall back to when the trees are in doubt."""
    path = folder / "model"
    copy_model(path)
    system = system_of("embedded", {"SCORER": "points", "MODEL_DIR": str(path)})
    client = Client(system)
    person = client.person()
    risky_life(client, person)
    decision = client.get(f"/v1/decisions/{client.analyse(person).json()['decision_id']}",
                          person.bearer).json()
    assert decision["model"].startswith("points:population@")
    assert decision["factors"]
    system.process.terminate()
    done = system.command("replay")
    assert done.returncode == 0 and ": 0 differ" in done.stdout, done.stdout


def truncated(path):
    trees = path / "trees.ubj"
    trees.write_bytes(trees.read_bytes()[:1000])
    manifest = path / "manifest.json"
    manifest.write_text(manifest.read_text() + "\n")


def other_columns(path):
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["columns"][0]["name"] = "shoe_size"
    (path / "manifest.json").write_text(json.dumps(manifest))


def no_json(path):
    (path / "manifest.json").write_text("a model, honestly")


@pytest.mark.parametrize("harm, reason", [(truncated, "trees.ubj"), (other_columns, "shoe_size"),
                                          (no_json, "manifest.json")])
def test_what_is_no_such_model_is_refused_and_the_old_one_scores_on(trained, harm, reason):
    client, process = Client(trained), trained.process
    before = model_name(process)
    harm(trained.model_path)
    refusal = until("the refusal is logged", lambda: [
        line for line in process.lines() if "model refused" in line["message"]])
    assert reason in refusal[0]["reason"]
    assert model_name(process) == before
    assert client.analyse(client.person()).status_code == 200


@pytest.mark.parametrize("harm, reason", [(truncated, "trees.ubj"), (other_columns, "shoe_size"),
                                          (no_json, "manifest.json")])
def test_a_start_with_what_is_no_such_model_is_refused(folder, system_of, harm, reason):
    path = folder / "model"
    copy_model(path)
    harm(path)
    system = system_of("embedded", {"SCORER": "trained", "MODEL_DIR": str(path)}, start=False)
    done = system.command("serve")
    assert done.returncode == 78 and "MODEL_DIR: " in done.stderr and reason in done.stderr
