# SPDX-License-Identifier: Apache-2.0
"""Fixtures. `system` is each of the chosen kinds of system in turn, shared by all tests, which must
leave it as they found it; `system_of` starts private ones for tests that break things.

--kinds chooses: `embedded,real` unless it is given. What starts its own systems, or none, belongs
to that first choice, and is left out of any other."""
import contextlib
import itertools
import pathlib
import shutil
import tempfile

import pytest

from harness import left_out
from harness.client import Client
from harness.deployed import DeployedSystem, PacedClient
from harness.ecs import BINARY, STARTED, EmbeddedSystem, RealSystem
from harness.fleet import FleetSystem
from harness.logins import LoginsSystem

KINDS = {"embedded": EmbeddedSystem, "real": RealSystem, "fleet": FleetSystem,
         "deployed": DeployedSystem, "logins": LoginsSystem}
FIRST_CHOICE = "embedded,real"
LEFT_OUT = {"fleet": left_out.FLEET, "deployed": left_out.DEPLOYED}
_running = []


def pytest_addoption(parser):
    parser.addoption("--kinds", default=FIRST_CHOICE, help="of system, parted by commas: "
                     + ", ".join(KINDS))


def pytest_configure(config):
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is missing: make build", returncode=2)
    unknown = set(config.getoption("kinds").split(",")) - set(KINDS)
    if unknown:
        raise pytest.UsageError(f"--kinds: no kind of system is named {min(unknown)}")


def pytest_generate_tests(metafunc):
    if "system" in metafunc.fixturenames:
        metafunc.parametrize("system", metafunc.config.getoption("kinds").split(","),
                             indirect=True)


def _is_chosen(item):
    kind = item.callspec.params.get("system") if hasattr(item, "callspec") else None
    if {item.path.name, item.originalname} & set(LEFT_OUT.get(kind, {})):
        return False
    return kind is not None or item.config.getoption("kinds") == FIRST_CHOICE


def pytest_sessionfinish():
    for process in STARTED:
        if process.process is not None and process.process.poll() is None:
            process.kill()


def pytest_collection_modifyitems(config, items):
    out = [item for item in items if not _is_chosen(item)]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if _is_chosen(item)]


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
    """One of each kind, started when the first test asks for it."""
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


@pytest.fixture
def system(request, shared_systems):
    system = shared_systems(request.param)
    yield system
    system.check_alive()


@pytest.fixture
def client(system):
    return PacedClient(system) if system.kind == "deployed" else Client(system)


@pytest.fixture
def person(client):
    return client.person()


@contextlib.contextmanager
def _private_systems():
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ecs-test-", dir="/tmp"))
        numbers = itertools.count()

        def make(kind, environment=None, start=True):
            system = _make(kind, pathlib.Path(folder) / f"{kind}{next(numbers)}", environment)
            stack.callback(_end, system)
            return system.start() if start else system

        yield make


@pytest.fixture
def system_of():
    """system_of(kind, environment) starts a private system; start=False leaves that to the test.
    Either way it is ended after the test."""
    with _private_systems() as make:
        yield make


@pytest.fixture(scope="module")
def system_of_file():
    """The same, for all tests of a file that leave the system as they found it."""
    with _private_systems() as make:
        yield make
