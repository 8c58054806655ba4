-- SPDX-License-Identifier: Apache-2.0
--
-- Whoever is deleted takes along what no foreign key leads to. Batches of events add raw rows first
-- and then lock the person's feature_versions row, which the deletion waits for: what this trigger
-- sees after that is all there is, and a batch that comes later finds nobody (named to fire last).

-- People whose dead letters are still to be removed, up to the end of what can be refused of them.
CREATE TABLE gone_people (
    user_id uuid PRIMARY KEY,
    gone_at timestamptz NOT NULL,
    letters_to bigint NOT NULL -- the dead letter that was looked at last
);

CREATE FUNCTION users_leave() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM emotion_events WHERE user_id = OLD.id;
    DELETE FROM transaction_events WHERE user_id = OLD.id;
    DELETE FROM emotion_tiles WHERE user_id = OLD.id;
    DELETE FROM transaction_tiles WHERE user_id = OLD.id;
    INSERT INTO gone_people VALUES (OLD.id, now(), 0) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER users_leave AFTER DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION users_leave();
