# SPDX-License-Identifier: Apache-2.0
"""/openapi.json is a valid OpenAPI 3.1 document, and says what the server does."""
import json
import re
import shutil
import subprocess

import pytest
from harness.ecs import ROOT

CONTRACT = {
    ("get", "/healthz"), ("post", "/v1/auth/register"), ("post", "/v1/auth/login"),
    ("post", "/v1/auth/refresh"), ("post", "/v1/auth/logout"), ("post", "/v1/emotions/stream"),
    ("post", "/v1/transactions"), ("post", "/v1/users/{user_id}/credit-analysis"),
    ("post", "/v1/credit-offers/{offer_id}/accept"), ("get", "/v1/users/{user_id}/offers"),
    ("get", "/v1/users/{user_id}/notifications"),
    ("get", "/v1/users/{user_id}/notifications/stream"), ("get", "/v1/users/{user_id}"),
    ("get", "/v1/users/{user_id}/decisions"), ("get", "/v1/decisions/{decision_id}"),
    ("post", "/v1/predict"), ("get", "/v2/health/live"), ("get", "/v2/health/ready"),
    ("get", "/v2/models/{model}"), ("get", "/v2/models/{model}/ready"),
    ("post", "/v2/models/{model}/infer"), ("get", "/readyz"), ("get", "/metrics"), ("get", "/openapi.json"),
}


def documents(system):
    """Each process describes what it answers itself."""
    found = {}
    for process in system.processes.values():
        answer = process.get("/openapi.json")
        assert answer.status_code == 200
        found[process.name] = answer.json()
    return found


def operations(document):
    return {(method, path): operation for path, methods in document["paths"].items()
            for method, operation in methods.items() if method != "parameters"}


@pytest.fixture(scope="session")
def validator(tmp_path_factory):
    """The validator, installed from the lock file into a temporary folder."""
    folder = tmp_path_factory.mktemp("openapi")
    for name in ("package.json", "package-lock.json", "validate.js"):
        shutil.copy(ROOT / "tests" / "openapi" / name, folder)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder,
                   check=True, capture_output=True, timeout=300)

    def validate(documents):
        """{name: document} → exit status and what is wrong with each."""
        done = subprocess.run(["node", "validate.js"], cwd=folder, input=json.dumps(documents),
                              capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    return validate


def test_it_is_valid(system, validator):
    found = documents(system)
    status, faults = validator(found)
    assert status == 0, faults
    assert all(document["openapi"].startswith("3.1.") for document in found.values())


def test_the_validator_finds_faults(validator):
    good = {"openapi": "3.1.0", "info": {"title": "good", "version": "1"}, "paths": {}}
    bad = {**good, "info": {"title": "no version"}}
    assert validator({"good": good})[0] == 0
    status, faults = validator({"good": good, "bad": bad})
    assert status == 1 and faults.startswith("bad: ") and "version" in faults


def test_every_call_of_the_contract_is_in_it(system):
    found = set()
    for document in documents(system).values():
        found |= set(operations(document))
    assert CONTRACT <= found


def test_what_is_in_it_is_answered(system):
    """Every operation exists: none answers 404 for its path or 405 for its method."""
    for name, document in documents(system).items():
        for (method, path) in operations(document):
            if path.endswith("/stream") and method == "get":
                continue  # an answer without an end; test_journey reads it
            concrete = re.sub(r"{[^}]*}", "00000000-0000-4000-8000-000000000000",
                              path.replace("{model}", "credit-risk"))
            answer = system.processes[name].call(method.upper(), concrete)
            assert answer.status_code not in (404, 405), (method, path, answer.text)


def test_statuses_are_told(system):
    """Each operation lists its success, and the refusals that its authorization implies."""
    for document in documents(system).values():
        for (method, path), operation in operations(document).items():
            statuses = set(operation["responses"])
            assert any(status.startswith("2") for status in statuses), path
            if operation.get("security"):
                assert "401" in statuses, (method, path)
            if "{user_id}" in path:
                assert "403" in statuses, (method, path)
            if "requestBody" in operation:
                assert {"400", "413", "415", "422"} <= statuses, (method, path, statuses)


def test_it_carries_no_server_of_ours(system):
    """The document is the same wherever it is served."""
    for document in documents(system).values():
        assert "127.0.0.1" not in json.dumps(document)
