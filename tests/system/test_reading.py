# SPDX-License-Identifier: Apache-2.0
"""Commands that read make nothing, neither a database nor its schema, and work beside a server."""
import concurrent.futures
import itertools
import sqlite3
import threading

import psycopg2
import pytest
from harness.client import Client, emotion
from harness.ecs import ROOT, run_ecs
from harness.engines import Postgres
from harness.poll import until

COMMANDS = {
    "verify-log": ["verify-log"],
    "replay": ["replay"],
    "dead list": ["dead", "list"],
    "backtest": ["backtest", "policy.json"],
    "features": ["features", "--as-of", "2026-01-01T00:00:00Z"],
}
of_commands = pytest.mark.parametrize("command", COMMANDS)


@pytest.fixture
def policy(folder):
    """The built-in policy as a file, where backtest finds it."""
    shown = (folder / "policy.json")
    shown.write_text((ROOT / "policy" / "seed.json").read_text())
    return folder


@of_commands
@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_without_a_database_is_named_and_left_alone(policy, command, exists):
    data = policy / "data"
    if exists:
        data.mkdir()
    done = run_ecs(*COMMANDS[command], environment={"DATA_DIR": str(data)}, folder=policy)
    assert done.returncode == 78, done.stdout + done.stderr
    assert f"{data} holds no " in done.stderr and len(done.stderr.splitlines()) == 2
    assert data.exists() == exists and (not exists or list(data.iterdir()) == [])


@pytest.fixture(scope="module")
def running(system_of_file):
    system = system_of_file("embedded")
    client = Client(system)
    person = client.person()
    client.spend(person, 10)
    client.wait_for_transactions(person, 1)
    client.analyse(person)
    client.feel(emotion("00000000-0000-4000-8000-000000000001"))
    until("one is refused", lambda: system.process.metrics().get(
        'ecs_events_rejected_total{stream="emotions"}', 0) == 1)
    return system


@of_commands
def test_beside_a_running_server(running, policy, command):
    environment = {"DATA_DIR": running.process.environment["DATA_DIR"]}
    done = run_ecs(*COMMANDS[command], environment=environment, folder=policy)
    assert done.returncode == 0, done.stdout + done.stderr
    if command == "dead list":
        assert "unknown user" in done.stdout
    if command == "verify-log":
        assert " decisions, 0 faults" in done.stdout


def test_the_log_is_sound_while_it_grows(running):
    """A decision that is recorded during the walk is no fault."""
    clients = [Client(running) for _ in range(3)]
    people = [client.person() for client in clients]
    stopping = threading.Event()

    def decide(client, person):
        for number in itertools.count():
            if stopping.is_set():
                return
            client.spend(person, 1 + number % 50)
            client.analyse(person)

    with concurrent.futures.ThreadPoolExecutor(len(clients)) as pool:
        work = [pool.submit(decide, *each) for each in zip(clients, people)]
        try:
            walks = [running.command("verify-log") for _ in range(8)]
        finally:
            stopping.set()
        for each in work:
            each.result()
    for walk in walks:
        assert walk.returncode == 0, walk.stdout + walk.stderr
    decisions = [int(walk.stdout.split()[0]) for walk in walks]
    assert decisions[-1] > decisions[0]


def tables_of(postgres):
    with psycopg2.connect(postgres.url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        return cursor.fetchone()[0]


def test_a_database_without_the_schema_stays_so(policy):
    postgres = Postgres(policy)
    postgres.start()
    try:
        environment = {"DATABASE_URL": postgres.url, "DATA_DIR": str(policy / "data")}
        for command in COMMANDS:
            if command == "dead list":
                continue
            done = run_ecs(*COMMANDS[command], environment=environment, folder=policy)
            assert done.returncode == 69, done.stdout + done.stderr
            assert "run ecs migrate first" in done.stderr
        assert tables_of(postgres) == 0 and not (policy / "data").exists()
    finally:
        postgres.end()


def test_an_older_schema_is_not_migrated(folder):
    data = folder / "data"
    environment = {"DATA_DIR": str(data)}
    assert run_ecs("migrate", environment=environment).returncode == 0
    connection = sqlite3.connect(data / "ecs.db")
    connection.execute("DELETE FROM schema_migrations WHERE version ="
                       " (SELECT max(version) FROM schema_migrations)")
    connection.commit()
    connection.close()
    done = run_ecs("verify-log", environment=environment)
    assert done.returncode == 69 and "lacks 1 migrations: run ecs migrate first" in done.stderr
