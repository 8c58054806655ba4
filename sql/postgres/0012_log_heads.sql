-- SPDX-License-Identifier: Apache-2.0
--
-- The log of heads: what the end of each person's chain ever was (docs/decision-log.md). It knows
-- people by their id alone and outlives them, so that a chain cannot vanish as a whole. Its rows are
-- chained too, in 64 chains by the person's id, so that decisions seldom wait for each other.

CREATE TABLE log_shards (
    shard integer PRIMARY KEY,
    position bigint NOT NULL, -- of its last row
    seal uuid NOT NULL        -- of its last row
) WITH (fillfactor = 20);
INSERT INTO log_shards
    SELECT shard, 0, '00000000-0000-0000-0000-000000000000' FROM generate_series(0, 63) AS shard;

CREATE TABLE log_heads (
    shard integer NOT NULL,
    position bigint NOT NULL,
    user_id uuid NOT NULL,
    count bigint NOT NULL,
    entry uuid NOT NULL,
    seal uuid NOT NULL,
    PRIMARY KEY (shard, position),
    UNIQUE (user_id, count)
);

-- Shard 64: chains of before, as they are now, without a seal. Shard 65: how many decisions of
-- before there was a log have no entry.
INSERT INTO log_heads
    SELECT 64, row_number() OVER (ORDER BY user_id), user_id, count, entry,
        '00000000-0000-0000-0000-000000000000'
    FROM decision_heads;
INSERT INTO log_shards SELECT 64, count(*), '00000000-0000-0000-0000-000000000000' FROM decision_heads;
INSERT INTO log_shards SELECT 65, count(*), '00000000-0000-0000-0000-000000000000' FROM decisions
    WHERE entry = '00000000-0000-0000-0000-000000000000';

-- Who asked to be erased. Whoever is gone and not named here was removed by somebody.
CREATE TABLE erasures (
    user_id uuid PRIMARY KEY,
    erased_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION log_heads_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log of heads is never changed';
END;
$$;
CREATE TRIGGER log_heads_stay BEFORE UPDATE OR DELETE ON log_heads
    FOR EACH ROW EXECUTE FUNCTION log_heads_stay();
