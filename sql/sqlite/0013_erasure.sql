-- SPDX-License-Identifier: Apache-2.0
--
-- Whoever is deleted takes all along, as in sql/postgres; and as the sqlite3 shell follows no foreign
-- keys unless it is told to, what they lead to is named here too.

CREATE TABLE gone_people (
    user_id BLOB PRIMARY KEY,
    gone_at INTEGER NOT NULL,
    letters_to INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER users_leave AFTER DELETE ON users
BEGIN
    DELETE FROM emotion_events WHERE user_id = OLD.id;
    DELETE FROM transaction_events WHERE user_id = OLD.id;
    DELETE FROM emotion_tiles WHERE user_id = OLD.id;
    DELETE FROM transaction_tiles WHERE user_id = OLD.id;
    DELETE FROM feature_versions WHERE user_id = OLD.id;
    DELETE FROM refresh_tokens WHERE user_id = OLD.id;
    DELETE FROM notifications WHERE user_id = OLD.id;
    DELETE FROM idempotency_keys WHERE user_id = OLD.id;
    DELETE FROM shadow_decisions WHERE user_id = OLD.id;
    DELETE FROM offers WHERE user_id = OLD.id;
    DELETE FROM decisions WHERE user_id = OLD.id;
    DELETE FROM decision_heads WHERE user_id = OLD.id;
    INSERT OR IGNORE INTO gone_people VALUES (OLD.id, unixepoch() * 1000000, 0);
END;
