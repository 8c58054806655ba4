# SPDX-License-Identifier: Apache-2.0
"""Every query of docs/queries.md gives the columns that the page says, and rows, by the plan that
the page says, on a private PostgreSQL with the migrated schema."""
import fnmatch
import json
import pathlib
import re

import psycopg2
import pytest
from harness.ecs import ROOT, run_ecs
from harness.engines import Postgres

PAGE = pathlib.Path(ROOT / "docs" / "queries.md").read_text(encoding="utf-8")
PERSON = "00000000-0000-0000-0000-000000000007"

# 2,000 people; person n has the id n. 120 days of feelings and payments, five decisions each.
PEOPLE = """
INSERT INTO users (id, email, password_hash, created_at, updated_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'person-' || n || '@example.org', 'x', now(), now()
FROM generate_series(1, 2000) n"""
PARTITION = """
CREATE TABLE {table}_{month:%Y_%m} PARTITION OF {table}
FOR VALUES FROM ('{month:%Y-%m-01}Z') TO ('{next:%Y-%m-01}Z')"""
MONTHS = """
SELECT month::date, (month + interval '1 month')::date FROM generate_series(
    date_trunc('month', now(), 'UTC') - interval '4 months',
    date_trunc('month', now(), 'UTC'), interval '1 month') month"""
EVENTS = """
SELECT setseed(0.5);
INSERT INTO emotion_events
SELECT u.id, now() - random() * interval '120 days', now(), (random() * 1e6)::int,
    (random() * 1e6)::int, (random() * 1e6)::int, 'joy', '', 'trace'
FROM users u, generate_series(1, 100);
INSERT INTO transaction_events
SELECT u.id, now() - random() * interval '120 days', now(), 1 + (random() * 10000)::int,
    (random() < 0.1)::int, 'EUR', 'food', '', 'trace'
FROM users u, generate_series(1, 50);
INSERT INTO emotion_tiles
SELECT user_id, date_trunc('hour', occurred_at, 'UTC'), count(*), count(*) FILTER
    (WHERE stress >= 700000), sum(positivity), sum(intensity), sum(stress),
    sum(stress::bigint * stress), min(stress), max(stress)
FROM emotion_events GROUP BY 1, 2;
INSERT INTO transaction_tiles
SELECT user_id, date_trunc('day', occurred_at, 'UTC'), count(*), sum(amount_cents), 0,
    min(amount_cents), max(amount_cents), sum(direction), sum(amount_cents * direction)
FROM transaction_events GROUP BY 1, 2"""
# The oldest decision first: each takes the place of the one before.
CREDIT = """
INSERT INTO decisions (user_id, id, decided_at, approved, risk, reason, features,
    features_version, model, policy, inputs)
SELECT id, gen_random_uuid(), now() - (5 - n) * interval '20 days' - age * interval '6.9 days',
    risk <= 0.6, (risk * 1e6)::int, CASE WHEN risk <= 0.6 THEN '' ELSE 'High risk score.' END,
    '{"transaction_count_30d": 3, "stress_events_30d": 1}', n, 'scorecard-1', id, id
FROM (SELECT id, n, random() AS risk, random() AS age
    FROM users, generate_series(1, 5) n OFFSET 0) each
ORDER BY n;
INSERT INTO offers (user_id, id, decision_id, status, limit_cents, rate_bp, credit_type,
    created_at, expires_at, accepted_at, activated_at, updated_at)
SELECT user_id, gen_random_uuid(), id, status, 100000, 900, 'Short-Term', decided_at,
    decided_at + interval '7 days',
    CASE WHEN status IN ('accepted', 'active') THEN decided_at + interval '1 hour' END,
    CASE WHEN status = 'active' THEN decided_at + interval '2 hours' END, now()
FROM (SELECT *, CASE WHEN features_version < 5 THEN 'expired' ELSE
    (ARRAY['offered', 'accepted', 'active'])[1 + (random() * 2)::int] END AS status
    FROM decisions WHERE approved) d
ORDER BY features_version;
INSERT INTO outbox (stream, request_id, traceparent, payload, created_at, claimed_until)
SELECT 'credits', '', '', '{}', now() - n * interval '1 second', now() + (n - 5) * interval '1 second'
FROM generate_series(1, 10) n"""


def queries():
    """(title, SQL, columns, what the plan line says) of each section of the page."""
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        title = section.splitlines()[0]
        sql = re.search(r"```sql\n(.*?)```", section, re.DOTALL).group(1)
        columns = re.findall(r"`(\w+)`", re.search(r"^Columns: .*", section, re.MULTILINE).group())
        plan = re.search(r"^\*\*Plan\*\*: (.*)", section, re.MULTILINE).group(1)
        yield pytest.param(sql.replace(":'user_id'", f"'{PERSON}'"), columns, plan, id=title)


def fill(cursor):
    cursor.execute(PEOPLE)
    cursor.execute(MONTHS)
    for month, following in cursor.fetchall():
        for table in ("emotion_events", "transaction_events"):
            cursor.execute(PARTITION.format(table=table, month=month, next=following))
    cursor.execute(EVENTS)
    cursor.execute(CREDIT)


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    server = Postgres(tmp_path_factory.mktemp("queries"))
    server.start()
    migrated = run_ecs("migrate", environment={"DATABASE_URL": server.url})
    assert migrated.returncode == 0, migrated.stderr
    connection = psycopg2.connect(server.url, options="-c timezone=UTC")
    connection.autocommit = True
    with connection.cursor() as cursor:
        fill(cursor)
        cursor.execute("VACUUM ANALYZE")
    yield connection
    connection.close()
    server.end()


def nodes(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def test_the_page_has_queries():
    assert len(list(queries())) >= 6


@pytest.mark.parametrize("sql, columns, plan", queries())
def test_query(connection, sql, columns, plan):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        assert [column.name for column in cursor.description] == columns
        assert cursor.fetchall()
        cursor.execute("EXPLAIN (FORMAT JSON) " + sql)
        found = list(nodes(cursor.fetchone()[0][0]["Plan"]))
    used = [node["Index Name"] for node in found if "Index Name" in node]
    whole = [node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"]
    if plan.startswith("reads all of"):
        assert whole == re.findall(r"`(\w+)`", plan)
        return
    for name in re.findall(r"`([\w*]+)`", plan):
        assert fnmatch.filter(used, name), json.dumps(found, indent=1)
    if "partitions are not touched" in plan:
        removed = sum(node.get("Subplans Removed", 0) for node in found)
        assert removed >= 3 and not whole, json.dumps(found, indent=1)
