-- SPDX-License-Identifier: Apache-2.0
--
-- When an event was counted, as in sql/postgres.

ALTER TABLE emotion_events ADD COLUMN folded_at INTEGER;
ALTER TABLE transaction_events ADD COLUMN folded_at INTEGER;
