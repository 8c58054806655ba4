-- SPDX-License-Identifier: Apache-2.0
--
-- The key of an event without any id is made of its place in the stream. From this moment on the
-- time at which the stream stored it is part of that place. What was stored before keeps the key it
-- had, so that it counts once, delivered again as it may be; an hour is left for workers of the
-- version before. A database that never counted an event begins at once.

CREATE TABLE event_positions (
    id integer PRIMARY KEY CHECK (id = 1),
    timed_since timestamptz NOT NULL
);
INSERT INTO event_positions
SELECT 1, CASE WHEN EXISTS (SELECT FROM event_keys) THEN now() + interval '1 hour'
               ELSE to_timestamp(0) END;

CREATE INDEX offers_waiting ON offers (accepted_at) WHERE status = 'accepted';
