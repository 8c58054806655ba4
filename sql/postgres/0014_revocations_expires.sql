-- online
-- SPDX-License-Identifier: Apache-2.0
--
-- So that a sweep finds what is due. What an interrupted try left behind is not valid.
-- step
DROP INDEX CONCURRENTLY IF EXISTS revocations_expires;
-- step
CREATE INDEX CONCURRENTLY revocations_expires ON revocations (expires_at);
