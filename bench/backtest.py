#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Fills a private PostgreSQL and a private SQLite file with recorded decisions, by SQL, and prints
how long `ecs backtest` takes on each.

usage: backtest.py [--decisions N] [--rounds N]

Decisions lie in the order of their time, as they would in use, people at random among them: four
for each, on average. What is filled is gone afterwards.
"""
import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile

import psycopg2

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "system"))
from harness.engines import Postgres  # noqa: E402

BINARY = pathlib.Path(os.environ.get("ECS_BINARY", ROOT / "build" / "ecs"))
RUNS = (("policy/seed.json",), ("policy/two-loans.json",),
        ("policy/two-loans.json", "--model", "models/default"))
DECISIONS_PER_PERSON = 4
SECRETS = {"SECRET_KEY": "bench-secret-key-0123456789abcdef0123456789",
           "INTERNAL_SERVICE_API_KEY": "bench-internal-key-0123456789abcdef01234"}
FIRST_US = 1767225600 * 1000000  # 2026-01-01
APART_US = 20 * 1000000          # between two decisions

# The same numbers on both engines. `i` counts decisions from 1; the products fit 64 bits.
PERSON = "((i * 2654435761) % 4294967291) % {people} + 1"
RISK = "((i * 40503 + i * i % 65521 * 7919) % 1000003) % 1000001"
OTHER_RISK = "((i * 48271 + i * i % 64513 * 6947) % 1000003) % 1000001"


def features():
    """Features as a decision keeps them: every name, each with a number of usual size."""
    text = (ROOT / "src" / "domain" / "features.def").read_text(encoding="utf-8")
    names = re.findall(r"^FEATURE\((\w+),", text, re.MULTILINE)
    return json.dumps({name: 123457 * (i + 1) for i, name in enumerate(names)})


EXPLANATION = json.dumps({"nearest": None, "reasons": [
    {"feature": "stress_event_ratio_7d", "weight": 412345},
    {"feature": "money_in_30d", "weight": -398211},
    {"feature": "account_age_days", "weight": -120034}]})


# PostgreSQL --------------------------------------------------------------------------------------

POSTGRES_ID = "(lpad(to_hex(1767225600000 + {n}), 12, '0') || '7' || substr(md5({n}::text), 1, 3)" \
              " || '8' || substr(md5({n}::text), 4, 15))::uuid"

POSTGRES_FILL = """
SET session_replication_role = replica; -- of this session alone: what is put in needs no checks
INSERT INTO users SELECT {user_of_n}, 'person-1-' || n || '@example.com', 'x', '2026-01-01',
    '2026-01-01' FROM generate_series(1, {people}) n;
INSERT INTO decisions (user_id, id, decided_at, approved, risk, reason, features, features_version,
    model, policy, inputs, risk_full, risk_financial, basis, emotions_known, explanation, previous,
    entry)
SELECT {user_of_person}, {decision}, timestamptz '2026-01-01' + i * interval '20 seconds',
    least(full_risk, other) <= 600000, least(full_risk, other),
    CASE WHEN least(full_risk, other) <= 600000 THEN '' ELSE 'High risk score.' END,
    '{features}', i, 'scorecard-1', md5('policy')::uuid, md5(i::text)::uuid, full_risk, other,
    CASE WHEN full_risk <= other THEN 'full' ELSE 'financial' END, true, '{explanation}',
    md5('p' || i)::uuid, md5('e' || i)::uuid
FROM (SELECT i, {person} AS person, {risk} AS full_risk, {other} AS other
      FROM generate_series(1::bigint, {decisions}) i) made ORDER BY i;
INSERT INTO offers (user_id, id, decision_id, status, limit_cents, rate_bp, credit_type, created_at,
    expires_at, updated_at)
SELECT user_id, id, id, 'superseded', 1000000 - risk, 500 + (1500 * risk::bigint + 500000) / 1000000,
    'SHORT_TERM_PERSONAL_LOAN', decided_at, decided_at + interval '7 days', decided_at
FROM decisions WHERE approved ORDER BY features_version;
INSERT INTO decision_heads SELECT DISTINCT ON (user_id) user_id, 1, entry FROM decisions
    ORDER BY user_id, position DESC;
"""


def postgres_fill(url, decisions):
    connection = psycopg2.connect(url)
    connection.autocommit = True
    cursor = connection.cursor()
    people = decisions // DECISIONS_PER_PERSON
    cursor.execute(POSTGRES_FILL.format(
        user_of_n=POSTGRES_ID.format(n="n"), user_of_person=POSTGRES_ID.format(n="person"),
        decision=POSTGRES_ID.format(n="i"), people=people, decisions=decisions,
        person=PERSON.format(people=people), risk=RISK, other=OTHER_RISK, features=features(),
        explanation=EXPLANATION))
    for table in ("users", "decisions", "decision_heads", "offers"):
        cursor.execute(f"VACUUM ANALYZE {table}")
    cursor.execute("CHECKPOINT")  # what is filled is written now, not while something is measured
    connection.close()


@contextlib.contextmanager
def postgres(folder, decisions):
    """The environment of a private server, filled."""
    server = Postgres(folder)
    server.start()
    try:
        environment = {**SECRETS, "DATABASE_URL": server.url, "DATA_DIR": str(folder / "unused")}
        run(environment, "migrate")
        postgres_fill(server.url, decisions)
        yield environment
    finally:
        server.end()


# SQLite ------------------------------------------------------------------------------------------

SQLITE_FILL = """
INSERT INTO users WITH RECURSIVE numbers (n) AS
    (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {people})
SELECT uuid7(n), 'person-1-' || n || '@example.com', 'x', {first}, {first} FROM numbers;
INSERT INTO decisions (user_id, id, decided_at, approved, risk, reason, features, features_version,
    model, policy, inputs, risk_full, risk_financial, basis, emotions_known, explanation, previous,
    entry)
WITH RECURSIVE numbers (i) AS
    (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {decisions}),
made AS (SELECT i, {person} AS person, {risk} AS full_risk, {other} AS other FROM numbers)
SELECT uuid7(person), uuid7(i), {first} + i * {apart}, min(full_risk, other) <= 600000,
    min(full_risk, other),
    CASE WHEN min(full_risk, other) <= 600000 THEN '' ELSE 'High risk score.' END, '{features}', i,
    'scorecard-1', digest('policy'), digest(i), full_risk, other,
    CASE WHEN full_risk <= other THEN 'full' ELSE 'financial' END, 1, '{explanation}',
    digest('p' || i), digest('e' || i)
FROM made;
INSERT INTO offers (user_id, id, decision_id, status, limit_cents, rate_bp, credit_type, created_at,
    expires_at, updated_at)
SELECT user_id, id, id, 'superseded', 1000000 - risk, 500 + (1500 * risk + 500000) / 1000000,
    'SHORT_TERM_PERSONAL_LOAN', decided_at, decided_at + 604800000000, decided_at
FROM decisions WHERE approved;
INSERT INTO decision_heads SELECT user_id, 1, entry FROM decisions
    WHERE position IN (SELECT max(position) FROM decisions GROUP BY user_id);
"""


def digest(value):
    return hashlib.md5(str(value).encode()).digest()


def uuid7(number):
    """As POSTGRES_ID makes it."""
    text = digest(number).hex()
    return bytes.fromhex(f"{1767225600000 + number:012x}7{text[:3]}8{text[3:18]}")


def sqlite_fill(path, decisions):
    people = decisions // DECISIONS_PER_PERSON
    fill = SQLITE_FILL.format(people=people, decisions=decisions, first=FIRST_US, apart=APART_US,
                              person=PERSON.format(people=people), risk=RISK, other=OTHER_RISK,
                              features=features(), explanation=EXPLANATION)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.create_function("digest", 1, digest, deterministic=True)
    connection.create_function("uuid7", 1, uuid7, deterministic=True)
    connection.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN;" +
                             fill + "COMMIT; PRAGMA wal_checkpoint(TRUNCATE);")
    connection.close()


@contextlib.contextmanager
def sqlite(folder, decisions):
    """The environment of an embedded database, filled."""
    environment = {**SECRETS, "DATA_DIR": str(folder / "data")}
    run(environment, "migrate")
    sqlite_fill(folder / "data" / "ecs.db", decisions)
    yield environment


def run(environment, *arguments):
    done = subprocess.run([BINARY, *arguments], cwd=ROOT,
                          env={"PATH": os.environ["PATH"], **environment},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def seconds_of(environment, arguments):
    """What the command says that it took."""
    text = run(environment, "backtest", *arguments)
    took = re.search(r"in ([0-9.]+) s", text)
    assert took is not None, text
    return float(took.group(1))


def measure(name, environment, decisions, rounds):
    for arguments in RUNS:
        taken = [seconds_of(environment, arguments) for _ in range(rounds)]
        median = statistics.median(taken)
        print(f"{name:10}  {' '.join(arguments)}  {decisions:,} decisions  median {median:.2f} s  "
              f"({min(taken):.2f} to {max(taken):.2f} of {rounds})  "
              f"{decisions / median:,.0f} decisions/s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--decisions", type=int, default=1000000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ecs-backtest-", dir="/tmp"))
    try:
        for name, engine in (("PostgreSQL", postgres), ("SQLite", sqlite)):
            with engine(folder, options.decisions) as environment:
                measure(name, environment, options.decisions, options.rounds)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
