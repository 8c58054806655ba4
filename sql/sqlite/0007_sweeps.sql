-- SPDX-License-Identifier: Apache-2.0
--
-- What sweeps believe, as in sql/postgres. The file's only clock is the machine's, so the present
-- begins with the newest event that was counted; 0: none was.

CREATE TABLE sweeps (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    present INTEGER NOT NULL,
    swept_at INTEGER NOT NULL
) STRICT;
INSERT INTO sweeps SELECT 1, coalesce(max(seen_at), 0), 0 FROM event_keys;

CREATE INDEX revocations_expires ON revocations (expires_at);
