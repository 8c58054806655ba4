# SPDX-License-Identifier: Apache-2.0
"""A start that goes wrong: what is told, what ends it, and what is waited for."""
import contextlib
import json
import re
import sqlite3
import stat
import tempfile
import uuid

import psycopg2
import pytest
from harness.client import emotion
from harness.disk import SmallDisk
from harness.ecs import BASE_ENVIRONMENT, INTERNAL_KEY, Process, run_ecs
from harness.engines import PASSWORD, Engines
from harness.nats import NatsClient
from harness.poll import until
from harness.ports import free_port

CONFIGURATION, AWAY = 78, 69
WRONG = "canary-wrong-password"


@pytest.fixture(scope="module")
def engines():
    """Whose PostgreSQL asks everybody for a password but the owner."""
    with tempfile.TemporaryDirectory(prefix="ecs-test-", dir="/tmp") as folder:
        engines = Engines(folder)
        rules = engines.postgres.folder / "pg_hba.conf"
        rules.write_text("host all ecs 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        engines.start()
        connection = psycopg2.connect(engines.postgres.url)
        connection.autocommit = True
        connection.cursor().execute(f"CREATE ROLE asked LOGIN PASSWORD '{PASSWORD}'")
        connection.close()
        yield engines
        engines.end()


def serve(folder, environment, *roles):
    """`ecs serve` until it ends by itself."""
    return run_ecs("serve", *(f"--role={role}" for role in roles), environment={
        **BASE_ENVIRONMENT, "DATA_DIR": str(folder / "data"), "LISTEN": "127.0.0.1:0",
        **environment})


def fault_of(done, variable):
    """The one line that tells what is wrong with a variable."""
    lines = [line for line in done.stderr.splitlines() if line.startswith(f"{variable}:")]
    assert len(lines) == 1, done.stderr
    assert WRONG not in done.stdout + done.stderr and PASSWORD not in done.stdout + done.stderr
    return lines[0]


# Configuration --------------------------------------------------------------------------------


@pytest.mark.parametrize("variable, value, shape", [
    ("DATABASE_URL", "postgresql://%zz", "postgresql://[USER"),
    ("DATABASE_URL", f"postgresql://ecs:123/{WRONG}@127.0.0.1/x", "%2F for a /"),
    ("DATABASE_URL", f"postgresql://ecs:{WRONG}/x@127.0.0.1/x", "%2F for a /"),
    ("DATABASE_URL", f"postgresql://ecs:{WRONG}@x@127.0.0.1/x", "%40 stands for an @"),
    ("NATS_URL", f"nats://ecs:{WRONG}@127.0.0.1:many", "nats://[USER"),
    ("NATS_URL", "gopher://127.0.0.1", "nats://[USER"),
    ("REDIS_URL", f"redis://ecs:{WRONG}@127.0.0.1:many", "redis://[[USER]"),
    ("CREDIT_ANALYSIS_SERVICE_URL", "gopher://127.0.0.1", "/v1/predict"),
    ("SCORER", "fixed:2", "fixed:RISK"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "http://HOST:PORT"),
    ("NATS_STORAGE", "disk", "file or memory"),
])
def test_what_cannot_be_used_at_all_names_the_shape_that_is_wanted(folder, variable, value, shape):
    done = serve(folder, {variable: value})
    assert done.returncode == CONFIGURATION
    assert shape in fault_of(done, variable)
    assert "not usable" not in done.stderr


@pytest.mark.parametrize("path", ["file", "file/deeper"])
def test_a_data_folder_that_cannot_be_is_one_fault(folder, path):
    (folder / "file").write_text("a file")
    done = run_ecs("serve", environment={"DATA_DIR": str(folder / path), "LISTEN": "127.0.0.1:0"})
    assert done.returncode == CONFIGURATION
    assert "Not a directory" in fault_of(done, "DATA_DIR")
    assert len(done.stderr.splitlines()) == 2, done.stderr


def test_a_data_folder_that_cannot_be_hides_no_other_fault(folder):
    (folder / "file").write_text("a file")
    (folder / "challengers" / "next" / "model").mkdir(parents=True)
    done = run_ecs("serve", environment={
        "DATA_DIR": str(folder / "file"), "LISTEN": "127.0.0.1:0", "SCORER": "trained",
        "MODEL_DIR": str(folder / "none"), "CHALLENGERS_DIR": str(folder / "challengers")})
    assert done.returncode == CONFIGURATION
    assert "Not a directory" in fault_of(done, "DATA_DIR")
    assert str(folder / "none") in fault_of(done, "MODEL_DIR")
    assert str(folder / "challengers" / "next" / "model") in done.stderr
    assert len(done.stderr.splitlines()) == 5, done.stderr


def test_a_model_that_cannot_be_read_is_one_fault(folder):
    done = serve(folder, {"SCORER": "trained", "MODEL_DIR": str(folder / "none")})
    assert done.returncode == CONFIGURATION
    assert str(folder / "none") in fault_of(done, "MODEL_DIR")
    assert len(done.stderr.splitlines()) == 2, done.stderr


def test_every_fault_of_the_producers_keys_is_told(folder):
    done = serve(folder, {"INTERNAL_SERVICE_API_KEY": f"bank={'x' * 32},phones={WRONG},{WRONG}"})
    assert done.returncode == CONFIGURATION
    told = [line for line in done.stderr.splitlines()
            if line.startswith("INTERNAL_SERVICE_API_KEY:")]
    assert len(told) == 2 and "key 2 of phones:" in told[0] and "key 3:" in told[1], done.stderr
    assert WRONG not in done.stderr and "xxxx" not in done.stderr


@pytest.mark.parametrize("name", ["ecs.db", "bus.db"])
def test_a_file_that_is_no_database_is_called_so(folder, name):
    (folder / "data").mkdir()
    (folder / "data" / name).write_text("Dear diary, today I was no database.\n" * 200)
    done = serve(folder, {})
    assert done.returncode == CONFIGURATION
    assert f"{name} is not a database" in fault_of(done, "DATA_DIR")


def test_a_bus_log_of_another_format_is_told_and_left_alone(folder):
    (folder / "data").mkdir()
    with contextlib.closing(sqlite3.connect(folder / "data" / "bus.db")) as log:
        log.execute("PRAGMA user_version = 9")
    done = serve(folder, {})
    assert done.returncode == CONFIGURATION
    assert "bus.db is of format 9" in fault_of(done, "DATA_DIR")


@pytest.mark.parametrize("variable, meant", [
    ("DATABSE_URL", "DATABASE_URL"), ("ECS_NATS_URL", "NATS_URL"), ("LISTEN_FILE", "LISTEN"),
    ("SECRET_KEY_FLIE", "SECRET_KEY"), ("REDIS_ULR_FILE", "REDIS_URL")])
def test_a_variable_that_looks_like_ours_is_warned_about(folder, variable, meant):
    strangers = {"NATS_PORT": "tcp://10.0.0.1:4222", "EDITOR": "ed", "LISTEN_FDS": "0"}
    done = run_ecs("migrate", environment={"DATA_DIR": str(folder), variable: "x", **strangers})
    warnings = [json.loads(line) for line in done.stderr.splitlines()]
    assert done.returncode == 0
    assert [(line["message"], line["variable"], line["meant"]) for line in warnings
            if line["level"] == "warn"] == [("variable is not read", variable, meant)]


# Engines --------------------------------------------------------------------------------------


def refusals(engines):
    postgres, nats, redis = (f"127.0.0.1:{engine.port}" for engine in (
        engines.postgres, engines.nats, engines.redis))
    address = postgres.replace(":", '", port ')
    return {
        "password": ("user-credit", "DATABASE_URL", f"postgresql://asked:{WRONG}@{postgres}/postgres",
                     ["28P01", f'"{address}', 'database "postgres"', 'user "asked"']),
        "no password": ("user-credit", "DATABASE_URL", f"postgresql://asked@{postgres}/postgres",
                        [f'"{address}', "no password supplied"]),
        "user": ("user-credit", "DATABASE_URL", f"postgresql://nobody:{WRONG}@{postgres}/postgres",
                 ["28P01", 'user "nobody"']),
        "database": ("user-credit", "DATABASE_URL", f"postgresql://ecs:{WRONG}@{postgres}/nowhere",
                     ["3D000", 'database "nowhere" does not exist']),
        "nats": ("emotion-ingestion", "NATS_URL", f"nats://ecs:{WRONG}@{nats}",
                 [nats, "Authorization Violation"]),
        "redis": ("emotion-ingestion", "REDIS_URL", f"redis://:{WRONG}@{redis}",
                  [redis, "WRONGPASS"]),
        "redis asks": ("emotion-ingestion", "REDIS_URL", f"redis://{redis}", [redis, "NOAUTH"]),
        "redis database": ("emotion-ingestion", "REDIS_URL", f"redis://:{PASSWORD}@{redis}/99",
                           [redis, "DB index is out of range"]),
    }


@pytest.mark.parametrize("case", ["password", "no password", "user", "database", "nats", "redis",
                                  "redis asks", "redis database"])
def test_a_refusal_that_waiting_does_not_mend_ends_the_start(folder, engines, case):
    role, variable, url, words = refusals(engines)[case]
    done = serve(folder, {variable: url}, role)
    assert done.returncode == CONFIGURATION
    for word in words:
        assert word in fault_of(done, variable), (word, done.stderr)


def test_all_refusals_are_told_in_one_round(folder, engines):
    cases = refusals(engines)
    done = serve(folder, dict(cases[case][1:3] for case in ("password", "nats", "redis")))
    assert done.returncode == CONFIGURATION
    assert len(done.stderr.splitlines()) == 4, done.stderr


def test_an_engine_that_is_away_is_waited_for_with_its_reason(folder):
    """A line each ten seconds: the second one shows that it is said again."""
    database, bus, cache = free_port(), free_port(), free_port()
    process = Process("ecs", folder, {
        **BASE_ENVIRONMENT, "DATABASE_URL": f"postgresql://ecs:{WRONG}@127.0.0.1:{database}/credit",
        "NATS_URL": f"nats://ecs:{WRONG}@127.0.0.1:{bus}",
        "REDIS_URL": f"redis://:{WRONG}@127.0.0.1:{cache}"}).start(wait=False)

    def told(message):
        return [line["reason"] for line in process.lines() if line["message"] == message]

    until("it waits, and says so again", lambda: len(told("waiting for the database")) >= 2)
    assert 'database "credit"' in told("waiting for the database")[0]
    assert f"port {database} failed: Connection refused" in told("waiting for the database")[0]
    assert any(f"127.0.0.1:{bus}" in reason for reason in told("waiting for an engine"))
    assert any(f"127.0.0.1:{cache}: Connection refused" in reason
               for reason in told("cache unreachable"))
    assert WRONG not in process.log.read_text()
    process.terminate()


def test_a_command_does_not_wait_and_tells_why(folder):
    done = run_ecs("migrate", environment={
        **BASE_ENVIRONMENT, "DATABASE_URL": f"postgresql://ecs:{WRONG}@127.0.0.1:1/credit"})
    assert done.returncode == AWAY
    assert "Connection refused" in fault_of(done, "DATABASE_URL")


def test_a_database_that_comes_and_refuses_ends_the_start(folder, engines):
    """It was away first, so the roles listened already."""
    engines.postgres.end()
    process = Process("ecs", folder, {
        **BASE_ENVIRONMENT,
        "DATABASE_URL": f"postgresql://asked:{WRONG}@127.0.0.1:{engines.postgres.port}/postgres"})
    process.start(wait=False)
    try:
        until("it listens", lambda: process.readiness()[0] == 503)
    finally:
        engines.postgres.start()
    assert process.process.wait(20) == CONFIGURATION
    assert any(line["message"] == "the database cannot be used" and "28P01" in line["reason"]
               for line in process.lines())


# Secrets --------------------------------------------------------------------------------------

OWN = {name: value for name, value in BASE_ENVIRONMENT.items()
       if name not in ("SECRET_KEY", "INTERNAL_SERVICE_API_KEY")}


@pytest.mark.parametrize("name", ["secret_key", "internal_key"])
@pytest.mark.parametrize("content", ["", "short", "x" * 31])
def test_a_short_secret_in_the_data_folder_is_refused(folder, name, content):
    (folder / name).write_text(content)
    done = run_ecs("serve", environment={**OWN, "DATA_DIR": str(folder), "LISTEN": "127.0.0.1:0"})
    assert done.returncode == CONFIGURATION
    assert f"{folder / name} must have at least 32 bytes" in fault_of(done, "DATA_DIR")


def test_a_long_secret_in_the_data_folder_is_refused(folder):
    (folder / "secret_key").write_text("x" * 600)
    done = run_ecs("serve", environment={**OWN, "DATA_DIR": str(folder), "LISTEN": "127.0.0.1:0"})
    assert done.returncode == CONFIGURATION and "bytes" in fault_of(done, "SECRET_KEY")


def test_a_secret_is_written_whole_or_not_at_all():
    """On a disk that is full at once, and a little later each time."""
    disk = SmallDisk(1 << 20)
    folder = disk.folder / "data"
    folder.mkdir()
    try:
        for room in range(0, 5 * 4096, 4096):
            disk.fill(room)
            done = run_ecs("serve", environment={**OWN, "DATA_DIR": str(folder),
                                                 "LISTEN": "127.0.0.1:0"})
            assert done.returncode == AWAY
            assert "No space left" in done.stderr or "disk is full" in done.stderr, done.stderr
            disk.clear()
            for path in folder.glob("*_key*"):
                assert path.name in ("secret_key", "internal_key")
                assert re.fullmatch("[0-9a-f]{64}", path.read_text())
                assert stat.S_IMODE(path.stat().st_mode) == 0o600
    finally:
        disk.end()


# Durability -----------------------------------------------------------------------------------


def durability(process):
    checks = process.readiness()[1]["checks"]
    return {engine: checks[engine].get("durability") for engine in ("bus", "store", "cache")}


def test_readyz_tells_the_durability_in_force(system):
    process = system.process_of("/v1/users")
    told = {"embedded": {"bus": "power", "store": "power", "cache": None},
            "real": {"bus": "process", "store": "power", "cache": None}}
    assert durability(process) == told.get(system.kind, told["real"])


def test_what_survives_less_is_told(folder):
    """PostgreSQL that does not sync, and embedded engines on a disk that is memory."""
    engines = Engines(folder / "engines")
    (engines.postgres.folder / "postgresql.auto.conf").write_text("fsync = off\n")
    engines.start()
    real = Process("real", folder, {**BASE_ENVIRONMENT, **engines.environment()}).start()
    disk = SmallDisk(64 << 20)
    environment = {**BASE_ENVIRONMENT, "DATA_DIR": str(disk.folder / "data")}
    embedded = Process("embedded", folder, environment).start()
    try:
        for process in (real, embedded):
            assert durability(process) == {"bus": "process", "store": "process", "cache": None}
            process.terminate()
    finally:
        disk.end()
        engines.end()


def streams_gone(engines):
    with NatsClient(engines.nats.url) as nats:
        for name in nats.api("STREAM.NAMES")["streams"] or []:
            nats.api(f"STREAM.DELETE.{name}")


def stream_in_memory(engines):
    with NatsClient(engines.nats.url) as nats:
        nats.api("STREAM.DELETE.credits")
        created = nats.api("STREAM.CREATE.credits", {
            "name": "credits", "subjects": ["credit.offers.approved"], "storage": "memory",
            "retention": "limits", "discard": "new"})
        assert created["config"]["storage"] == "memory", created


def test_a_stream_kept_in_memory_is_refused_unless_asked_for(folder, engines):
    environment = {**BASE_ENVIRONMENT, **engines.environment()}
    stream_in_memory(engines)
    done = serve(folder, environment)
    assert done.returncode == CONFIGURATION
    assert "the stream credits is kept in memory" in fault_of(done, "NATS_URL")
    process = Process("ecs", folder, {**environment, "NATS_STORAGE": "memory"}).start()
    assert durability(process)["bus"] == "memory"
    process.terminate()
    streams_gone(engines)


def test_a_stream_that_comes_back_in_memory_is_refused_while_serving(folder, engines):
    process = Process("ecs", folder, {**BASE_ENVIRONMENT, **engines.environment()}).start()
    stream_in_memory(engines)
    until("it is not ready", lambda: process.readiness()[0] == 503)
    assert process.readiness()[1]["checks"]["bus"]["cause"] == "a stream is kept in memory"
    answer = process.call("POST", "/v1/emotions/stream", headers={"X-Internal-Key": INTERNAL_KEY},
                          json=emotion(str(uuid.uuid4())))
    assert answer.status_code == 503
    process.terminate()
    streams_gone(engines)
