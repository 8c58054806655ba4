# SPDX-License-Identifier: Apache-2.0
"""Challengers see every decision in shadow, and never answer."""
import json
import pathlib
import shutil

import pytest
from harness.client import Client
from harness.poll import until

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def challengers(folder):
    path = folder / "challengers"
    strict = json.loads((ROOT / "policy" / "seed.json").read_text())
    strict["name"] = "strict"
    strict["bands"][0]["risk_to"] = 0.2
    (path / "strict").mkdir(parents=True)
    (path / "strict" / "policy.json").write_text(json.dumps(strict))
    shutil.copytree(ROOT / "models" / "default", path / "trained" / "model")
    return path


def shadows(system):
    rows = system.database.rows(
        "SELECT challenger, approved, risk, limit_cents, model FROM shadow_decisions ORDER BY 1")
    return {row[0]: row[1:] for row in rows}


@pytest.mark.parametrize("kind", ["embedded", "real"])
def test_challengers_see_what_was_decided(kind, challengers, system_of):
    system = system_of(kind, {"CHALLENGERS_DIR": str(challengers)})
    client = Client(system)
    answer = client.analyse(client.person()).json()  # by a model that always says 0.25
    assert answer["approved"] and answer["ml_risk_score"] == 0.25
    seen = until("both have seen it", lambda: shadows(system) if len(shadows(system)) == 2 else None)
    assert not seen["strict"][0] and seen["strict"][1] == 250000 and seen["strict"][2] == 0
    assert seen["strict"][3].startswith("fixed:")
    assert seen["trained"][3].startswith("population@") and seen["trained"][1] != 250000
    metrics = system.process_of("/v1/users").metrics()
    assert metrics['ecs_shadow_decisions_total{result="differs"}'] == 2


def test_what_is_no_challenger_stops_the_start(challengers, system_of):
    (challengers / "empty").mkdir()
    (challengers / "strict" / "policy.json").write_text("{")
    (challengers / "trained" / "model" / "trees.ubj").write_bytes(b"tree")
    system = system_of("embedded", {"CHALLENGERS_DIR": str(challengers)}, start=False)
    done = system.command("serve")
    assert done.returncode == 78 and "CHALLENGERS_DIR: " in done.stderr
    for what in ("empty: has neither", "strict/policy.json:1:", "trees.ubj"):
        assert what in done.stderr, done.stderr
