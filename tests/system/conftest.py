# SPDX-License-Identifier: Apache-2.0
"""Fixtures. `system` is each of the two engine sets in turn, shared by a whole file's tests, which
must leave it as they found it; `system_of` starts private ones for tests that break things."""
import pathlib
import shutil
import tempfile

import pytest

from harness.client import Client
from harness.ecs import BINARY, EmbeddedSystem, RealSystem

KINDS = {"embedded": EmbeddedSystem, "real": RealSystem}
_running = []


def pytest_configure(config):
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is missing: make build", returncode=2)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows what the systems that ran logged last."""
    report = (yield).get_result()
    if report.failed:
        for system in _running:
            for process in system.processes.values():
                report.sections.append((f"log of {process.name}", process.tail(8)))


def _make(kind, folder, environment=None):
    system = KINDS[kind](folder, environment)
    _running.append(system)
    return system


def _end(system):
    _running.remove(system)
    system.end()


@pytest.fixture
def folder():
    """A folder of short name, which sockets need, gone after the test."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="ecs-test-", dir="/tmp"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def shared_systems():
    """Both engine sets, each started when the first test asks for it."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="ecs-test-", dir="/tmp"))
    systems = {}

    def get(kind):
        if kind not in systems:
            systems[kind] = _make(kind, path / kind)
            systems[kind].start()
        return systems[kind]

    yield get
    try:
        for system in systems.values():
            _end(system)
    finally:
        shutil.rmtree(path)


@pytest.fixture(params=list(KINDS))
def system(request, shared_systems):
    system = shared_systems(request.param)
    yield system
    system.check_alive()


@pytest.fixture
def client(system):
    return Client(system)


@pytest.fixture
def person(client):
    return client.person()


@pytest.fixture
def system_of(folder):
    """system_of(kind, environment) starts a private system; start=False leaves that to the test.
    Either way it is ended after the test."""
    systems = []

    def make(kind, environment=None, start=True):
        system = _make(kind, folder / f"{kind}{len(systems)}", environment)
        systems.append(system)
        return system.start() if start else system

    yield make
    for system in systems:
        _end(system)
