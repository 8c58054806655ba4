# SPDX-License-Identifier: Apache-2.0
"""Which policy decides: the one that is chosen by name or path; where none is, the one that fits
the model that answers, wherever that model runs."""
import json

import pytest
from harness.client import Client
from harness.ecs import BASE_ENVIRONMENT, ROOT, run_ecs
from harness.model import model_service

NAMES = ["calibrated", "careful", "seed", "two-loans"]


def hash_of(policy):
    return json.loads(run_ecs("policy", "check", policy, "--json").stdout)["hash"]


def policy_of_a_decision(system, client):
    """The hash of the policy that decided about somebody new, as every side tells it."""
    person = client.person()
    decision = client.analyse(person).json()["decision_id"]
    decided = client.get(f"/v1/decisions/{decision}", person.bearer).json()["policy"]
    assert f'ecs_policy_info{{hash="{decided}"}}' in system.process_of("/v1/users").metrics()
    return decided


def test_every_policy_of_the_source_tree_has_a_name():
    assert NAMES == sorted(path.stem for path in (ROOT / "policy").glob("*[!a].json"))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_as_good_as_a_path(name):
    assert hash_of(name) == hash_of(str(ROOT / "policy" / f"{name}.json"))


@pytest.mark.parametrize("command", [["policy", "check"], ["backtest"]])
def test_a_name_that_is_unknown_is_told_with_those_that_are_known(command, folder):
    done = run_ecs(*command, "sead", folder=folder)
    assert (done.returncode, done.stdout) == (66, "")
    assert "sead: error: cannot be read: No such file" in done.stderr
    assert ", ".join(NAMES) in done.stderr


def test_serve_refuses_an_unknown_name(folder):
    done = run_ecs("serve", folder=folder, environment={
        **BASE_ENVIRONMENT, "DATA_DIR": str(folder), "LISTEN": "127.0.0.1:0",
        "POLICY_FILE": "sead"})
    assert done.returncode == 78
    assert "POLICY_FILE: " in done.stderr and ", ".join(NAMES) in done.stderr


@pytest.mark.parametrize("kind, scorer, policy", [
    ("embedded", "trained", "calibrated"), ("embedded", "points", "calibrated"),
    ("embedded", "scorecard", "seed"), ("embedded", "random", "seed"),
    ("embedded", "fixed:0.25", "seed"), ("real", "trained", "calibrated"),
    ("real", "random", "seed")])
def test_the_policy_fits_the_model_in_one_process_and_in_many(kind, scorer, policy, system_of):
    system = system_of(kind, {"SCORER": scorer, "POLICY_FILE": ""})
    client = Client(system)
    assert policy_of_a_decision(system, client) == hash_of(policy)
    assert policy_of_a_decision(system, client) == hash_of(policy)  # now the model is known
    if kind == "embedded" and scorer != "random":
        system.process.terminate()
        done = system.command("replay")
        assert done.returncode == 0 and done.stdout.startswith("2 decisions made again")


def test_a_service_that_tells_only_a_score_is_decided_by_the_seeds_policy(system_of):
    """So does the model service of the former system."""
    with model_service({"risk_score": 0.3}) as url:
        system = system_of("embedded", {"POLICY_FILE": "", "CREDIT_ANALYSIS_SERVICE_URL": url})
        client = Client(system)
        offer = client.analyse(client.person()).json()["offer"]
        assert (offer["credit_limit"], offer["interest_rate"]) == (7000, 9.5)
        assert policy_of_a_decision(system, client) == hash_of("seed")


def test_a_trained_model_is_known_by_the_inference_protocol_too(system_of):
    model = system_of("embedded", {"SCORER": "trained"})
    system = system_of("embedded", {
        "POLICY_FILE": "",
        "CREDIT_ANALYSIS_SERVICE_URL": f"{model.process.url}/v2/models/credit-risk/infer"})
    assert policy_of_a_decision(system, Client(system)) == hash_of("calibrated")


def test_a_chosen_policy_decides_whatever_the_model(system_of):
    system = system_of("embedded", {"SCORER": "trained", "POLICY_FILE": "two-loans"})
    assert policy_of_a_decision(system, Client(system)) == hash_of("two-loans")
