# SPDX-License-Identifier: Apache-2.0
"""What a denied person is told: no feeling, where feelings could only have helped, and nothing
twice in other words."""
import json
import sqlite3

import pytest
from harness.client import Client, emotion
from harness.ecs import ROOT
from harness.model import model_service
from harness.poll import until

# Feelings lower this risk as a whole, and yet one of them weighs most of all that raises it.
ANSWER = {
    "risk_score": 0.7, "risk_score_full": 0.7, "risk_score_financial": 0.8, "basis": "full",
    "attributions": {
        "avg_stress_7d": 0.9, "stress_events_30d": 0.8, "avg_positivity_7d": -2.5,
        "money_out_30d": 0.7, "money_out_90d": 0.65, "outgoings_share_90d": 0.6,
        "transaction_count_7d": 0.5, "transaction_count_90d": 0.55, "account_age_days": 0.1,
        "largest_transaction_90d": 0.05, "avg_transaction_value_30d": 0.04}}


@pytest.mark.parametrize("guard, told", [
    ("may_only_help", ["money_out_30d", "transaction_count_90d", "account_age_days",
                       "largest_transaction_90d"]),
    ("full", ["avg_stress_7d", "money_out_30d", "transaction_count_90d", "account_age_days"])])
def test_a_denial_names_no_feeling_that_could_only_help_and_no_family_twice(
        guard, told, folder, system_of):
    policy = json.loads((ROOT / "policy" / "seed.json").read_text(encoding="utf-8"))
    (folder / "policy.json").write_text(json.dumps({**policy, "emotion_guard": guard}))
    with model_service(ANSWER) as url:
        system = system_of("embedded", {"CREDIT_ANALYSIS_SERVICE_URL": url,
                                        "POLICY_FILE": str(folder / "policy.json")})
        client = Client(system)
        person = client.person()
        assert client.feel(emotion(person.id)).status_code == 202
        until("the feeling is seen", lambda: client.features(person)["emotion_count_7d"] == 1)
        decision = client.analyse(person).json()["decision_id"]
        decision = client.get(f"/v1/decisions/{decision}", person.bearer).json()
    assert not decision["approved"] and decision["basis"] == "full"
    assert [factor["code"] for factor in decision["factors"]] == told
    assert decision["reasons"] == [factor["en"] for factor in decision["factors"]]


def reasons_formerly(system, decision):
    """The four features that raised the risk most, as the model tells them."""
    answer = system.process.call("POST", "/v1/predict", json={
        **decision["features"], "emotion_guard": "may_only_help"}).json()
    weights = {name: round(weight * 10**6) for name, weight in answer["attributions"].items()}
    strongest = sorted((name for name in weights if weights[name] > 0), key=lambda name:
                       -weights[name])[:4]
    return [{"feature": name, "weight": weights[name]} for name in strongest]


def explained(system, reasons):
    connection = sqlite3.connect(system.database.path)
    connection.execute("DROP TRIGGER IF EXISTS decisions_stay")
    connection.execute("UPDATE decisions SET explanation = json_set(explanation, '$.reasons',"
                       " json(?)) WHERE position = (SELECT max(position) FROM decisions)",
                       [json.dumps(reasons)])
    connection.commit()
    connection.close()


def test_a_decision_of_before_these_rules_is_made_again_as_it_was(system_of):
    system = system_of("embedded", {"SCORER": "trained", "POLICY_FILE": "calibrated"})
    client = Client(system)
    person = client.person()
    for _ in range(5):
        assert client.spend(person, 90, direction="out").status_code == 202
    client.wait_for_transactions(person, 5)
    decision = client.analyse(person).json()["decision_id"]
    decision = client.get(f"/v1/decisions/{decision}", person.bearer).json()
    formerly = reasons_formerly(system, decision)
    assert not decision["approved"]
    assert [factor["code"] for factor in decision["factors"]] != \
        [reason["feature"] for reason in formerly]
    system.process.terminate()
    explained(system, formerly)
    assert ": 0 differ" in system.command("replay").stdout
    explained(system, formerly[:-1])
    done = system.command("replay")
    assert done.returncode == 65 and "the reasons differ" in done.stdout
