# SPDX-License-Identifier: Apache-2.0
"""A database of every earlier version, with rows in it, becomes one of this version: nothing is lost,
the schema is that of a new one, and neither a long migration nor two at once do harm."""
import hashlib
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

import psycopg2
import pytest
from harness.ecs import BINARY, ROOT, run_ecs
from harness.engines import Postgres

PEOPLE, DECISIONS_EACH = 200, 20
SCRIPTS = {engine: sorted((ROOT / "sql" / engine).glob("*.sql")) for engine in ("postgres", "sqlite")}
LOG_VERSION = 12  # from here on the log of heads knows of every decision

USER = "(id, email, password_hash, created_at, updated_at)"
FILL = {
    "postgres": {
        1: [f"INSERT INTO users {USER} SELECT gen_random_uuid(), 'p' || n || '@example.com', 'x', now(), now()"
            f" FROM generate_series(1, {PEOPLE}) n"],
        2: ["CREATE TABLE emotion_events_2026_01 PARTITION OF emotion_events"
            " FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
            "INSERT INTO emotion_events SELECT id, '2026-01-05', '2026-01-05', 1, 2, 3, 'joy', '', ''"
            " FROM users, generate_series(1, 20)",
            "INSERT INTO event_keys SELECT gen_random_uuid(), gen_random_uuid(), now()"
            " FROM users, generate_series(1, 20)"],
        3: ["INSERT INTO decisions (user_id, id, decided_at, approved, risk, reason, features,"
            " features_version, model, policy, inputs) SELECT id, gen_random_uuid(), now(), n % 2 = 0,"
            " n * 1000, CASE n % 2 WHEN 0 THEN '' ELSE 'High risk score.' END, '{}', n, 'm',"
            f" gen_random_uuid(), gen_random_uuid() FROM users, generate_series(1, {DECISIONS_EACH}) n"],
    },
    "sqlite": {
        1: ["WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s"
            f" WHERE n < {PEOPLE}) INSERT INTO users {USER} SELECT randomblob(16), 'p' || n"
            " || '@example.com', 'x', 1, 1 FROM s"],
        2: ["INSERT INTO emotion_events (user_id, occurred_at, received_at, positivity, intensity,"
            " stress, type, event_id, trace_id) SELECT id, 1, 1, 1, 2, 3, 'joy', '', '' FROM users",
            "INSERT INTO event_keys SELECT randomblob(16), randomblob(16), 1 FROM users"],
        3: ["WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s"
            f" WHERE n < {DECISIONS_EACH}) INSERT INTO decisions (user_id, id, decided_at, approved,"
            " risk, reason, features, features_version, model, policy, inputs) SELECT id,"
            " randomblob(16), 1, n % 2 = 0, n * 1000, CASE n % 2 WHEN 0 THEN '' ELSE 'High.' END,"
            " '{}', n, 'm', randomblob(16), randomblob(16) FROM users, s"],
    },
}


def checksum(text):
    return hashlib.blake2b(len(text).to_bytes(8, "little") + text, digest_size=16).digest()


def version_of(script):
    return int(script.name[:4])


def as_of_version(engine, version, run, identity):
    """Makes the schema of that version, fills what it has, and notes what was applied."""
    run("CREATE TABLE schema_migrations (version integer PRIMARY KEY, name text NOT NULL, checksum"
        " uuid NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())" if engine == "postgres" else
        "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum"
        " BLOB NOT NULL, applied_at INTEGER NOT NULL DEFAULT (unixepoch() * 1000000)) STRICT")
    for script in SCRIPTS[engine]:
        if version_of(script) <= version:
            text = script.read_bytes()
            head, *steps = text.decode().split("-- step\n")
            for step in steps or [head]:
                run(step)
            run("INSERT INTO schema_migrations (version, name, checksum) VALUES"
                f" ({version_of(script)}, '{script.name}', {identity(checksum(text))})")
    for from_version, statements in FILL[engine].items():
        if from_version <= version and (from_version < 3 or version < LOG_VERSION):
            for statement in statements:
                run(statement)


def versions(engine):
    return [version_of(script) for script in SCRIPTS[engine]][:-1]


@pytest.fixture(scope="module")
def postgres():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ecs-test-", dir="/tmp"))
    server = Postgres(folder)
    server.start()
    yield server
    server.end()
    shutil.rmtree(folder)


class Made:
    """A database of PostgreSQL of some version; none: 0."""

    number = 0

    def __init__(self, postgres, version):
        Made.number += 1
        name = f"made{Made.number}"
        maker = psycopg2.connect(postgres.url)
        maker.autocommit = True
        maker.cursor().execute(f"CREATE DATABASE {name}")
        maker.close()
        self.url = postgres.url.replace("/postgres", f"/{name}")
        self.environment = {"DATABASE_URL": self.url, "DATA_DIR": str(postgres.folder.parent / "data")}
        self.connection = psycopg2.connect(self.url)
        self.connection.autocommit = True
        if version:
            as_of_version("postgres", version, self.run, lambda hash: f"'{hash.hex()}'")

    def migrate(self):
        done = run_ecs("migrate", environment=self.environment)
        assert done.returncode == 0, done.stdout + done.stderr

    def run(self, statement):
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def schema(self):
        return set(self.run(
            "SELECT table_name, column_name, data_type, column_default, is_nullable"
            " FROM information_schema.columns WHERE table_schema = 'public'"
            " AND table_name NOT LIKE '%events_2026%'")) | set(self.run(
                "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
                " AND tablename NOT LIKE '%events_2026%'"))


@pytest.fixture(scope="module")
def new_schema(postgres):
    made = Made(postgres, 0)
    made.migrate()
    return made.schema()


def check_rows(version, count):
    assert count("SELECT count(*) FROM users") == PEOPLE
    if version >= 2:
        assert count("SELECT count(*) FROM event_keys") > 0
        assert count("SELECT count(*) FROM emotion_events") > 0
    if 3 <= version < LOG_VERSION:
        assert count("SELECT count(*) FROM decisions") == PEOPLE * DECISIONS_EACH
    if version < 5:
        assert count("SELECT count(*) FROM decisions WHERE risk_full <> risk") == 0


@pytest.mark.parametrize("version", versions("postgres"))
def test_postgresql_of_each_version(postgres, new_schema, version):
    made = Made(postgres, version)
    made.migrate()
    check_rows(version, lambda query: made.run(query)[0][0])
    assert made.schema() == new_schema
    done = run_ecs("verify-log", environment=made.environment)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("version", versions("sqlite"))
def test_a_file_of_each_version(folder, version):
    data = folder / "data"
    data.mkdir()
    connection = sqlite3.connect(data / "ecs.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    as_of_version("sqlite", version, connection.executescript, lambda hash: f"x'{hash.hex()}'")
    connection.close()
    environment = {"DATA_DIR": str(data)}
    done = run_ecs("migrate", environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    connection = sqlite3.connect(data / "ecs.db")
    check_rows(version, lambda query: connection.execute(query).fetchone()[0])
    connection.close()
    done = run_ecs("verify-log", environment=environment)
    assert done.returncode == 0, done.stdout


def test_a_long_migration_ends_tells_and_is_one_processes(postgres):
    """Far beyond the five seconds of a statement: each row takes its time. Another process waits."""
    made = Made(postgres, 4)
    made.run("DELETE FROM users WHERE id NOT IN (SELECT id FROM users LIMIT 7)")
    made.run("CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS"
             " $$ BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END $$")
    made.run("CREATE TRIGGER slowly BEFORE UPDATE ON decisions FOR EACH ROW"
             " EXECUTE FUNCTION slowly()")
    both = [subprocess.Popen([BINARY, "migrate"], env=made.environment, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True) for _ in range(2)]
    told = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    applied = sorted(int(text.splitlines()[-1].split()[0]) for text in told)
    assert applied == [0, len(versions("postgres")) + 1 - 4], told
    assert sum('"migration goes on"' in text for text in told) == 1, told
    assert '"migration":"0005_decision_log.sql"' in "".join(told)
    assert made.run("SELECT count(*) FROM decisions WHERE risk_full = risk")[0][0] == 140
