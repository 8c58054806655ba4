-- SPDX-License-Identifier: Apache-2.0
--
-- Idempotency-Keys that events came with, as hashes, by the person who sent them; producers are zero.
-- There is no foreign key: events are taken before anybody looks whether their person exists.

CREATE TABLE submission_keys (
    owner BLOB NOT NULL,
    key BLOB NOT NULL,
    request BLOB NOT NULL, -- of what was asked
    created_at INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
) STRICT;
CREATE INDEX submission_keys_created ON submission_keys (created_at);
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);
