-- SPDX-License-Identifier: Apache-2.0
--
-- Since when the storing time belongs to the key of an event without id, as in sql/postgres.

CREATE TABLE event_positions (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    timed_since INTEGER NOT NULL
) STRICT;
INSERT INTO event_positions
SELECT 1, CASE WHEN EXISTS (SELECT 1 FROM event_keys) THEN (unixepoch() + 3600) * 1000000 ELSE 0 END;

CREATE INDEX offers_waiting ON offers (accepted_at) WHERE status = 'accepted';
