-- SPDX-License-Identifier: Apache-2.0
--
-- The old system's people, transactions, summaries and limits, from the schema `old_system` into a
-- schema that `ecs migrate` has just made, before anything serves. One transaction: all or nothing.
-- What cannot be taken over is listed in old_system.left_out, with the reason.
-- docs/from-the-old-system.md tells the whole way.
\set ON_ERROR_STOP on
BEGIN;
SET LOCAL timezone = 'UTC';
CREATE TABLE old_system.left_out (kind text NOT NULL, id uuid NOT NULL, reason text NOT NULL);

-- People ----------------------------------------------------------------------------------------
-- Addresses are of lower case here, and each belongs to one person: the oldest account keeps it.
INSERT INTO users (id, email, password_hash, created_at, updated_at)
SELECT DISTINCT ON (lower(email)) id, lower(email), password_hash, created_at, updated_at
FROM old_system.users
WHERE length(email) BETWEEN 3 AND 254
ORDER BY lower(email), created_at;
INSERT INTO old_system.left_out
SELECT 'user', id, CASE WHEN length(email) BETWEEN 3 AND 254
    THEN 'another account has this address' ELSE 'no address' END
FROM old_system.users o
WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = o.id);

-- Transactions ----------------------------------------------------------------------------------
-- The person's own word, money out: the old system knew no other. Tiles hold squares of whole units.
CREATE TEMPORARY TABLE paid ON COMMIT DROP AS
SELECT o.id, o.user_id, o.created_at, (o.amount * 100)::bigint AS amount_cents
FROM old_system.transactions o JOIN users u ON u.id = o.user_id
WHERE o.amount > 0;
INSERT INTO old_system.left_out
SELECT 'transaction', id, CASE WHEN amount > 0 THEN 'of nobody who was taken over'
    ELSE 'no amount above zero' END
FROM old_system.transactions o
WHERE NOT EXISTS (SELECT FROM paid p WHERE p.id = o.id);
DO $$
DECLARE
    month timestamptz;
BEGIN
    FOR month IN SELECT DISTINCT date_trunc('month', created_at, 'UTC') FROM paid LOOP
        EXECUTE format('CREATE TABLE IF NOT EXISTS transaction_events_%s PARTITION OF transaction_events'
                       ' FOR VALUES FROM (%L) TO (%L)', to_char(month, 'YYYY_MM'), month,
                       month + interval '1 month');
    END LOOP;
END
$$;
INSERT INTO transaction_events (user_id, occurred_at, received_at, amount_cents, direction, currency,
    category, transaction_id, trace_id)
SELECT user_id, created_at, created_at, amount_cents, 0, '', '', '', '' FROM paid;
INSERT INTO transaction_tiles (user_id, day, count, sum_cents, square_sum, min_cents, max_cents,
    in_count, in_sum_cents)
SELECT user_id, date_trunc('day', created_at, 'UTC'), count(*), sum(amount_cents),
    sum(least((amount_cents + 50) / 100, 1000000) ^ 2)::bigint, min(amount_cents), max(amount_cents),
    0, 0
FROM paid
GROUP BY user_id, date_trunc('day', created_at, 'UTC');

-- Feelings --------------------------------------------------------------------------------------
-- A day's means become one tile at noon. Single events were not kept, so neither the spread of
-- stress within a day nor the count of stress events can be known: both are 0.
INSERT INTO emotion_tiles (user_id, hour, event_count, stress_event_count, positivity_sum,
    intensity_sum, stress_sum, stress_square_sum, stress_min, stress_max)
SELECT o.user_id, (o.summary_date + time '12:00') AT TIME ZONE 'UTC', o.event_count, 0,
    m.positivity * o.event_count, m.intensity * o.event_count, m.stress * o.event_count,
    m.stress * m.stress * o.event_count, m.stress, m.stress
FROM old_system.emotional_events_summary o JOIN users u ON u.id = o.user_id
CROSS JOIN LATERAL (SELECT
    round(least(greatest(o.avg_positivity_score, 0), 1)::numeric * 1000000)::bigint AS positivity,
    round(least(greatest(o.avg_intensity_score, 0), 1)::numeric * 1000000)::bigint AS intensity,
    round(least(greatest(o.avg_stress_level, 0), 1)::numeric * 1000000)::bigint AS stress) m
WHERE o.event_count > 0;
INSERT INTO old_system.left_out
SELECT 'summary', id, CASE WHEN event_count > 0 THEN 'of nobody who was taken over'
    ELSE 'no events' END
FROM old_system.emotional_events_summary o
WHERE event_count <= 0 OR NOT EXISTS (SELECT FROM users u WHERE u.id = o.user_id);

-- Limits ----------------------------------------------------------------------------------------
-- One active line and one open offer for a person: the newest of each; the others are superseded,
-- and an offer that is over is expired.
CREATE TEMPORARY TABLE limits ON COMMIT DROP AS
SELECT id, user_id, credit_limit, interest_rate, credit_type, created_at, updated_at, activated_at,
    CASE
        WHEN status = 'active' AND place = 1 THEN 'active'
        WHEN status = 'active' THEN 'superseded'
        WHEN expires_at <= now() THEN 'expired'
        WHEN place = 1 THEN 'offered'
        ELSE 'superseded'
    END AS status,
    greatest(expires_at, created_at + interval '1 microsecond') AS expires_at
FROM (SELECT o.*, row_number() OVER (PARTITION BY o.user_id, o.status = 'active',
                                                  o.status <> 'active' AND o.expires_at <= now()
                                     ORDER BY coalesce(o.activated_at, o.created_at) DESC, o.id) AS place
      FROM old_system.credit_limits o JOIN users u ON u.id = o.user_id) o;
INSERT INTO old_system.left_out
SELECT 'limit', id, 'of nobody who was taken over'
FROM old_system.credit_limits o
WHERE NOT EXISTS (SELECT FROM limits l WHERE l.id = o.id);
-- The decision behind each: the old rate was 5 % and 15 % times the risk, which gives the risk back.
-- Nothing else of it was kept, so it cannot be made again, and no chain holds it.
INSERT INTO decisions (user_id, id, decided_at, approved, risk, risk_full, risk_financial, reason,
    features, features_version, model, policy, inputs)
SELECT user_id, id, created_at, true, risk, risk, risk, '', '{}', 0, 'old-system',
    '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000'
FROM (SELECT *, round(least(greatest((interest_rate::numeric - 5) / 15, 0), 1) * 1000000)::integer
    AS risk FROM limits) l
ORDER BY created_at;
UPDATE log_shards SET position = position + (SELECT count(*) FROM limits) WHERE shard = 65;
INSERT INTO offers (user_id, id, decision_id, status, limit_cents, rate_bp, credit_type, created_at,
    expires_at, accepted_at, activated_at, updated_at)
SELECT user_id, id, id, status, (credit_limit * 100)::bigint,
    round(interest_rate::numeric * 100)::integer,
    coalesce(credit_type, 'SHORT_TERM_PERSONAL_LOAN'), created_at, expires_at,
    CASE WHEN status = 'active' THEN coalesce(activated_at, updated_at) END,
    CASE WHEN status = 'active' THEN coalesce(activated_at, updated_at) END, updated_at
FROM limits
ORDER BY created_at;

-- Whatever the cache held of these people is old now.
UPDATE feature_versions SET version = version + 1;
COMMIT;

SELECT 'users' AS "taken over", count(*) FROM users
UNION ALL SELECT 'transactions', count(*) FROM transaction_events
UNION ALL SELECT 'days of feelings', count(*) FROM emotion_tiles
UNION ALL SELECT 'limits', count(*) FROM offers;
SELECT kind AS "left out", reason, count(*) FROM old_system.left_out GROUP BY kind, reason ORDER BY 1, 2;
