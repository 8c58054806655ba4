-- SPDX-License-Identifier: Apache-2.0
--
-- Events: the keys that make each count once, the raw rows, the tiles that they are folded into.
-- Metrics are millionths, money is cents. Raw rows and tiles carry no foreign key: the batch that
-- writes them holds the lock on the person's feature_versions row, which proves that the person
-- exists, and a foreign key would prove it again for every row (docs/decisions/events.md).

CREATE TABLE event_keys (
    key uuid PRIMARY KEY,
    content uuid NOT NULL,
    seen_at timestamptz NOT NULL
);
-- Rows come in order of time, so a few pages of summary find the old ones.
CREATE INDEX event_keys_seen ON event_keys USING brin (seen_at) WITH (pages_per_range = 32);

-- Monthly partitions, named emotion_events_2026_01, made when the first event of a month comes and
-- dropped when the whole month is past the retention.
CREATE TABLE emotion_events (
    user_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    positivity integer NOT NULL CHECK (positivity BETWEEN 0 AND 1000000),
    intensity integer NOT NULL CHECK (intensity BETWEEN 0 AND 1000000),
    stress integer NOT NULL CHECK (stress BETWEEN 0 AND 1000000),
    type text NOT NULL,
    event_id text NOT NULL,
    trace_id text NOT NULL
) PARTITION BY RANGE (occurred_at);
CREATE INDEX emotion_events_user ON emotion_events (user_id, occurred_at);

CREATE TABLE transaction_events (
    user_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    amount_cents bigint NOT NULL CHECK (amount_cents > 0),
    direction smallint NOT NULL CHECK (direction IN (0, 1)), -- 0 out, 1 in
    currency text NOT NULL,
    category text NOT NULL,
    transaction_id text NOT NULL,
    trace_id text NOT NULL
) PARTITION BY RANGE (occurred_at);
CREATE INDEX transaction_events_user ON transaction_events (user_id, occurred_at);

CREATE TABLE emotion_tiles (
    user_id uuid NOT NULL,
    hour timestamptz NOT NULL,
    event_count bigint NOT NULL CHECK (event_count > 0),
    stress_event_count bigint NOT NULL,
    positivity_sum bigint NOT NULL,
    intensity_sum bigint NOT NULL,
    stress_sum bigint NOT NULL,
    stress_square_sum bigint NOT NULL,
    stress_min bigint NOT NULL,
    stress_max bigint NOT NULL,
    PRIMARY KEY (user_id, hour)
) WITH (fillfactor = 80);

CREATE TABLE transaction_tiles (
    user_id uuid NOT NULL,
    day timestamptz NOT NULL,
    count bigint NOT NULL CHECK (count > 0),
    sum_cents bigint NOT NULL,
    square_sum bigint NOT NULL,
    min_cents bigint NOT NULL,
    max_cents bigint NOT NULL,
    in_count bigint NOT NULL,
    in_sum_cents bigint NOT NULL,
    PRIMARY KEY (user_id, day)
) WITH (fillfactor = 80);
