-- SPDX-License-Identifier: Apache-2.0
--
-- Moves the old system's tables out of the way, into the schema `old_system`: nothing in them is
-- changed, and 2-import.sql reads them there. docs/from-the-old-system.md tells the whole way.
\set ON_ERROR_STOP on
BEGIN;
CREATE SCHEMA old_system;
ALTER TABLE users SET SCHEMA old_system;
ALTER TABLE transactions SET SCHEMA old_system;
ALTER TABLE emotional_events_summary SET SCHEMA old_system;
ALTER TABLE credit_limits SET SCHEMA old_system;
COMMIT;
