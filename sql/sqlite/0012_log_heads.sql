-- SPDX-License-Identifier: Apache-2.0
--
-- The log of heads, as in sql/postgres.

CREATE TABLE log_shards (
    shard INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    seal BLOB NOT NULL
) STRICT;
WITH RECURSIVE shards (shard) AS (SELECT 0 UNION ALL SELECT shard + 1 FROM shards WHERE shard < 63)
INSERT INTO log_shards SELECT shard, 0, zeroblob(16) FROM shards;

CREATE TABLE log_heads (
    shard INTEGER NOT NULL,
    position INTEGER NOT NULL,
    user_id BLOB NOT NULL,
    count INTEGER NOT NULL,
    entry BLOB NOT NULL,
    seal BLOB NOT NULL,
    PRIMARY KEY (shard, position),
    UNIQUE (user_id, count)
) STRICT, WITHOUT ROWID;

INSERT INTO log_heads
    SELECT 64, row_number() OVER (ORDER BY user_id), user_id, count, entry, zeroblob(16)
    FROM decision_heads;
INSERT INTO log_shards SELECT 64, count(*), zeroblob(16) FROM decision_heads;
INSERT INTO log_shards SELECT 65, count(*), zeroblob(16) FROM decisions WHERE entry = zeroblob(16);

CREATE TABLE erasures (
    user_id BLOB PRIMARY KEY,
    erased_at INTEGER NOT NULL DEFAULT (unixepoch() * 1000000)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER log_heads_stay_changed BEFORE UPDATE ON log_heads
BEGIN
    SELECT raise(ABORT, 'the log of heads is never changed');
END;
CREATE TRIGGER log_heads_stay BEFORE DELETE ON log_heads
BEGIN
    SELECT raise(ABORT, 'the log of heads is never changed');
END;
