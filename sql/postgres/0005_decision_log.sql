-- SPDX-License-Identifier: Apache-2.0
--
-- The decision log: both risks and which of them decided, why, and a chain of hashes for each
-- person (domain/decision_log.h). Decisions of before have no link in the chain: theirs is zero.

ALTER TABLE decisions
    ADD COLUMN risk_full integer NOT NULL DEFAULT 0 CHECK (risk_full BETWEEN 0 AND 1000000),
    ADD COLUMN risk_financial integer NOT NULL DEFAULT 0
        CHECK (risk_financial BETWEEN 0 AND 1000000),
    ADD COLUMN basis text NOT NULL DEFAULT 'full' CHECK (basis IN ('full', 'financial')),
    ADD COLUMN emotions_known boolean NOT NULL DEFAULT true,
    ADD COLUMN explanation jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN previous uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN entry uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
UPDATE decisions SET risk_full = risk, risk_financial = risk;

-- Where each person's chain ends, so that a missing last decision is noticed too.
CREATE TABLE decision_heads (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    count bigint NOT NULL CHECK (count > 0),
    entry uuid NOT NULL
) WITH (fillfactor = 80);

-- Policies that decided, so that a decision can be made again.
CREATE TABLE policies (
    hash uuid PRIMARY KEY,
    content text NOT NULL,
    added_at timestamptz NOT NULL
);

-- Append-only: what was decided is never changed.
CREATE FUNCTION decisions_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'decisions are never changed';
END;
$$;
CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions
    FOR EACH ROW EXECUTE FUNCTION decisions_stay();
