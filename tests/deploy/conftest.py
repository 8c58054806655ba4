# SPDX-License-Identifier: Apache-2.0
"""The harness of the system tests, with the gateway in front: `system`, `client` and `person` are
what those tests expect, so that they run here unchanged."""
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "system"))

from gateway import GatewaySystem  # noqa: E402
from harness.client import Client  # noqa: E402


@pytest.fixture(scope="session")
def system():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ecs-test-", dir="/tmp"))
    gateway = GatewaySystem(folder)
    try:
        yield gateway.start()
    finally:
        try:
            gateway.end()
        finally:
            shutil.rmtree(folder)


@pytest.fixture
def client(system, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(system.gateway.certificate))
    return Client(system)


@pytest.fixture
def person(client):
    return client.person()
