-- SPDX-License-Identifier: Apache-2.0
--
-- When an event was counted, which may be long after it was received: what was known of a person at
-- a moment is what had been counted by then. Of earlier rows it is not known; they count from when
-- they were received.

ALTER TABLE emotion_events ADD COLUMN folded_at timestamptz;
ALTER TABLE transaction_events ADD COLUMN folded_at timestamptz;
