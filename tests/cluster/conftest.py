# SPDX-License-Identifier: Apache-2.0
"""One system on clusters of its engines, behind the gateway, for all tests of this folder: each of
them breaks it and leaves it whole."""
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "system"))

from harness.client import Client  # noqa: E402
from harness.fleet import FleetSystem  # noqa: E402
from harness.poll import until  # noqa: E402
from load import Load  # noqa: E402
from servers import ClusterEngines  # noqa: E402


class ClusterSystem(FleetSystem):
    engines_of = ClusterEngines


@pytest.fixture(scope="session")
def running():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ecs-test-", dir="/tmp"))
    system = ClusterSystem(folder)
    try:
        yield system.start()
    finally:
        try:
            system.end()
        finally:
            shutil.rmtree(folder)


@pytest.fixture
def system(running, monkeypatch):
    """It is whole before a test, and every process is alive after it."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(running.gateway.certificate))
    for process in running.processes.values():
        process.wait_ready()
    for engine in running.engines.all():
        until("a cluster is whole", engine.is_whole, limit_s=60, pause_s=0.1)
    yield running
    running.check_alive()


@pytest.fixture
def client(system):
    return Client(system)


@pytest.fixture
def load(system):
    return Load(system)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows what the processes logged last."""
    report = (yield).get_result()
    system = item.funcargs.get("running")
    if report.failed and system is not None:
        for process in system.processes.values():
            report.sections.append((f"log of {process.name}", process.tail(8)))
