# SPDX-License-Identifier: Apache-2.0
"""The fleet of the system tests, seen from outside: every path is asked of the gateway, whose
configuration is as it stands."""
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "system"))

from harness.client import Client  # noqa: E402
from harness.fleet import FleetSystem  # noqa: E402


class Outside(FleetSystem):
    def url(self, path):
        return self.gateway.url(path)


@pytest.fixture(scope="session")
def system():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ecs-test-", dir="/tmp"))
    fleet = Outside(folder, limited=True)
    try:
        yield fleet.start()
    finally:
        try:
            fleet.end()
        finally:
            shutil.rmtree(folder)


@pytest.fixture
def client(system):
    return Client(system)


@pytest.fixture
def person(client):
    return client.person()
