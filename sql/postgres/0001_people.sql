-- SPDX-License-Identifier: Apache-2.0
--
-- People and their sessions. Hashes of sixteen bytes are kept as uuid throughout: a fixed width,
-- and the fastest comparison there is.

CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL UNIQUE,
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT users_email CHECK (length(email) BETWEEN 3 AND 254 AND email !~ '[A-Z]' COLLATE "C")
);

-- One narrow row for each person: grows with every event counted, so that cached features can be
-- told from fresh ones. Batches of events lock it, in order of user_id, before anything else.
CREATE TABLE feature_versions (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    version bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- Whoever adds a person, the row is there.
CREATE FUNCTION feature_version_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO feature_versions (user_id) VALUES (NEW.id);
    RETURN NULL;
END
$$;

CREATE TRIGGER users_feature_version AFTER INSERT ON users
    FOR EACH ROW EXECUTE FUNCTION feature_version_begin();

-- Tokens born of one login are a family; one that is used twice ends it.
CREATE TABLE refresh_tokens (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    token uuid PRIMARY KEY,
    family uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id, family);
CREATE INDEX refresh_tokens_expires ON refresh_tokens (expires_at);

CREATE TABLE revocations (
    token_id uuid PRIMARY KEY,
    revoked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX revocations_revoked ON revocations (revoked_at);
