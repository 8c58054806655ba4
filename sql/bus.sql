-- SPDX-License-Identifier: Apache-2.0
--
-- The log of the embedded bus (src/bus/journal.c), of format 2. Each time it is opened, what is not
-- there is made.
CREATE TABLE IF NOT EXISTS streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
  created_us INTEGER NOT NULL, last INTEGER NOT NULL, floor INTEGER NOT NULL,
  grouped INTEGER NOT NULL);

CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, published_us INTEGER NOT NULL,
  subject TEXT NOT NULL, message_id TEXT NOT NULL, request_id TEXT NOT NULL,
  traceparent TEXT NOT NULL, reason TEXT NOT NULL, payload BLOB NOT NULL,
  producer TEXT NOT NULL DEFAULT '');

-- Which moment is believed to be the present, in matters of age (src/domain/retention.h).
CREATE TABLE IF NOT EXISTS retention (id INTEGER PRIMARY KEY, present_us INTEGER NOT NULL,
  swept_us INTEGER NOT NULL);
INSERT OR IGNORE INTO retention VALUES (1, coalesce((SELECT published_us FROM messages
  ORDER BY id DESC LIMIT 1), 0), 0);

-- Message ids within the duplicate window, as hashes.
CREATE TABLE IF NOT EXISTS recent (position INTEGER PRIMARY KEY, published_us INTEGER NOT NULL,
  message BLOB NOT NULL UNIQUE);
