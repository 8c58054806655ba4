-- SPDX-License-Identifier: Apache-2.0
--
-- Generations of tokens and failed logins; sql/postgres says what each column is for.

ALTER TABLE users ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN generation_change INTEGER;
CREATE INDEX users_generation_change ON users (generation_change, id)
    WHERE generation_change IS NOT NULL;
DROP TABLE revocations;

ALTER TABLE refresh_tokens ADD COLUMN place BLOB;

CREATE TABLE login_failures (
    account BLOB NOT NULL,
    familiar INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    failed_at INTEGER NOT NULL,
    PRIMARY KEY (account, familiar)
) STRICT;
