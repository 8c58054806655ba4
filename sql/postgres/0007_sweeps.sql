-- SPDX-License-Identifier: Apache-2.0
--
-- One row for all processes: the latest present that a sweep believed, and when the last was let
-- through or refused (domain/retention.h).

CREATE TABLE sweeps (
    id integer PRIMARY KEY CHECK (id = 1),
    present timestamptz NOT NULL,
    swept_at timestamptz NOT NULL
);
INSERT INTO sweeps VALUES (1, now(), '1970-01-01 00:00:00Z');
