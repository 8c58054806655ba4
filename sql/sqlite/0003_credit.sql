-- SPDX-License-Identifier: Apache-2.0
--
-- Decisions, offers, and what people are told, as in sql/postgres.

CREATE TABLE decisions (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    id BLOB NOT NULL,
    decided_at INTEGER NOT NULL,
    approved INTEGER NOT NULL CHECK (approved IN (0, 1)),
    risk INTEGER NOT NULL CHECK (risk BETWEEN 0 AND 1000000), -- millionths
    reason TEXT NOT NULL,
    features TEXT NOT NULL, -- JSON: name to integer, in the unit of domain/features.def
    features_version INTEGER NOT NULL,
    model TEXT NOT NULL,
    policy BLOB NOT NULL,
    inputs BLOB NOT NULL,
    UNIQUE (user_id, id),
    CHECK (approved = (reason = ''))
) STRICT;
CREATE INDEX decisions_position ON decisions (user_id, position);

CREATE TABLE offers (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    id BLOB NOT NULL,
    decision_id BLOB NOT NULL,
    status TEXT NOT NULL
        CHECK (status IN ('offered', 'accepted', 'active', 'expired', 'superseded')),
    limit_cents INTEGER NOT NULL CHECK (limit_cents >= 0),
    rate_bp INTEGER NOT NULL CHECK (rate_bp >= 0),
    credit_type TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    accepted_at INTEGER,
    activated_at INTEGER,
    updated_at INTEGER NOT NULL,
    UNIQUE (user_id, id),
    UNIQUE (user_id, decision_id),
    FOREIGN KEY (user_id, decision_id) REFERENCES decisions (user_id, id) ON DELETE CASCADE,
    CHECK (expires_at > created_at),
    CHECK (status NOT IN ('accepted', 'active') OR accepted_at IS NOT NULL),
    CHECK (status <> 'active' OR activated_at IS NOT NULL)
) STRICT;
CREATE INDEX offers_position ON offers (user_id, position);
CREATE INDEX offers_expires ON offers (expires_at) WHERE status = 'offered';
CREATE UNIQUE INDEX offers_one_active ON offers (user_id) WHERE status = 'active';
CREATE UNIQUE INDEX offers_one_offered ON offers (user_id) WHERE status = 'offered';

CREATE TABLE idempotency_keys (
    user_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    key TEXT NOT NULL,
    request BLOB NOT NULL,
    decision_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, key),
    FOREIGN KEY (user_id, decision_id) REFERENCES decisions (user_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE notifications (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    offer_id BLOB NOT NULL,
    type TEXT NOT NULL,
    title TEXT NOT NULL,
    message TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (user_id, offer_id, type),
    FOREIGN KEY (user_id, offer_id) REFERENCES offers (user_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX notifications_user ON notifications (user_id, id);

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL,
    request_id TEXT NOT NULL,
    traceparent TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    claimed_until INTEGER NOT NULL
) STRICT;
