# SPDX-License-Identifier: Apache-2.0
"""A migrated PostgreSQL that looks as if it had been used for months, for tests of queries."""

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


def fill(cursor):
    cursor.execute(PEOPLE)
    cursor.execute(MONTHS)
    for month, following in cursor.fetchall():
        for table in ("emotion_events", "transaction_events"):
            cursor.execute(PARTITION.format(table=table, month=month, next=following))
    cursor.execute(EVENTS)
    cursor.execute(CREDIT)
