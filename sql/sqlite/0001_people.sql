-- SPDX-License-Identifier: Apache-2.0
--
-- People and their sessions. Times are microseconds since 1970 UTC; identifiers and hashes are
-- blobs of sixteen bytes. sql/postgres says what each table is for.

CREATE TABLE users (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    email TEXT NOT NULL UNIQUE
        CHECK (length(email) BETWEEN 3 AND 254 AND email NOT GLOB '*[A-Z]*'),
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE feature_versions (
    user_id BLOB PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    version INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TRIGGER users_feature_version AFTER INSERT ON users
BEGIN
    INSERT INTO feature_versions (user_id) VALUES (NEW.id);
END;

CREATE TABLE refresh_tokens (
    user_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    token BLOB PRIMARY KEY,
    family BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id, family);
CREATE INDEX refresh_tokens_expires ON refresh_tokens (expires_at);

CREATE TABLE revocations (
    token_id BLOB PRIMARY KEY,
    revoked_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revocations_revoked ON revocations (revoked_at);
