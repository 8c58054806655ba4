-- SPDX-License-Identifier: Apache-2.0
--
-- Events, as in sql/postgres. One file takes no partitions: old rows are deleted.

CREATE TABLE event_keys (
    key BLOB PRIMARY KEY,
    content BLOB NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX event_keys_seen ON event_keys (seen_at);

CREATE TABLE emotion_events (
    user_id BLOB NOT NULL,
    occurred_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    positivity INTEGER NOT NULL CHECK (positivity BETWEEN 0 AND 1000000),
    intensity INTEGER NOT NULL CHECK (intensity BETWEEN 0 AND 1000000),
    stress INTEGER NOT NULL CHECK (stress BETWEEN 0 AND 1000000),
    type TEXT NOT NULL,
    event_id TEXT NOT NULL,
    trace_id TEXT NOT NULL
) STRICT;
CREATE INDEX emotion_events_user ON emotion_events (user_id, occurred_at);

CREATE TABLE transaction_events (
    user_id BLOB NOT NULL,
    occurred_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    direction INTEGER NOT NULL CHECK (direction IN (0, 1)), -- 0 out, 1 in
    currency TEXT NOT NULL,
    category TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    trace_id TEXT NOT NULL
) STRICT;
CREATE INDEX transaction_events_user ON transaction_events (user_id, occurred_at);

CREATE TABLE emotion_tiles (
    user_id BLOB NOT NULL,
    hour INTEGER NOT NULL,
    event_count INTEGER NOT NULL CHECK (event_count > 0),
    stress_event_count INTEGER NOT NULL,
    positivity_sum INTEGER NOT NULL,
    intensity_sum INTEGER NOT NULL,
    stress_sum INTEGER NOT NULL,
    stress_square_sum INTEGER NOT NULL,
    stress_min INTEGER NOT NULL,
    stress_max INTEGER NOT NULL,
    PRIMARY KEY (user_id, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE transaction_tiles (
    user_id BLOB NOT NULL,
    day INTEGER NOT NULL,
    count INTEGER NOT NULL CHECK (count > 0),
    sum_cents INTEGER NOT NULL,
    square_sum INTEGER NOT NULL,
    min_cents INTEGER NOT NULL,
    max_cents INTEGER NOT NULL,
    in_count INTEGER NOT NULL,
    in_sum_cents INTEGER NOT NULL,
    PRIMARY KEY (user_id, day)
) STRICT, WITHOUT ROWID;
