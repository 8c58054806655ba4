-- SPDX-License-Identifier: Apache-2.0
--
-- A person's tokens carry the generation that was theirs when they were issued. Logging out begins
-- the next one, and ends all tokens of those before: no clock is asked, and nothing is forgotten.

-- generation_change is the transaction that began the generation, by which other processes find
-- what is new to them; NULL: the first one.
ALTER TABLE users
    ADD COLUMN generation bigint NOT NULL DEFAULT 0,
    ADD COLUMN generation_change bigint;
CREATE INDEX users_generation_change ON users (generation_change, id)
    WHERE generation_change IS NOT NULL;
DROP TABLE revocations;

-- Where the person logged in, as a keyed hash: somebody else's failures do not count there.
ALTER TABLE refresh_tokens ADD COLUMN place uuid;

-- Wrong passwords of late. `account` is a person, or one of a fixed number of accounts that stand
-- for all addresses nobody has; at most two rows each.
CREATE TABLE login_failures (
    account uuid NOT NULL,
    familiar boolean NOT NULL,
    failures bigint NOT NULL,
    failed_at timestamptz NOT NULL,
    PRIMARY KEY (account, familiar)
) WITH (fillfactor = 70);
