-- SPDX-License-Identifier: Apache-2.0
--
-- The decision log, as in sql/postgres.

ALTER TABLE decisions ADD COLUMN risk_full INTEGER NOT NULL DEFAULT 0
    CHECK (risk_full BETWEEN 0 AND 1000000);
ALTER TABLE decisions ADD COLUMN risk_financial INTEGER NOT NULL DEFAULT 0
    CHECK (risk_financial BETWEEN 0 AND 1000000);
ALTER TABLE decisions ADD COLUMN basis TEXT NOT NULL DEFAULT 'full'
    CHECK (basis IN ('full', 'financial'));
ALTER TABLE decisions ADD COLUMN emotions_known INTEGER NOT NULL DEFAULT 1
    CHECK (emotions_known IN (0, 1));
ALTER TABLE decisions ADD COLUMN explanation TEXT NOT NULL DEFAULT '{}'; -- JSON
ALTER TABLE decisions ADD COLUMN previous BLOB NOT NULL
    DEFAULT x'00000000000000000000000000000000';
ALTER TABLE decisions ADD COLUMN entry BLOB NOT NULL
    DEFAULT x'00000000000000000000000000000000';
UPDATE decisions SET risk_full = risk, risk_financial = risk;

CREATE TABLE decision_heads (
    user_id BLOB PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    count INTEGER NOT NULL CHECK (count > 0),
    entry BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE policies (
    hash BLOB PRIMARY KEY,
    content TEXT NOT NULL,
    added_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions
BEGIN
    SELECT raise(ABORT, 'decisions are never changed');
END;
