-- SPDX-License-Identifier: Apache-2.0
--
-- Decisions, the offers that some of them make, and what people are told. `position` grows in the
-- order in which a person's rows were recorded, whatever the clocks of the writers said.

CREATE TABLE decisions (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    id uuid NOT NULL,
    position bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    decided_at timestamptz NOT NULL,
    approved boolean NOT NULL,
    risk integer NOT NULL CHECK (risk BETWEEN 0 AND 1000000), -- millionths
    reason text NOT NULL,
    features jsonb NOT NULL, -- name to integer, in the unit of domain/features.def: replays to the bit
    features_version bigint NOT NULL,
    model text NOT NULL,
    policy uuid NOT NULL,
    inputs uuid NOT NULL,
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, position),
    CONSTRAINT decisions_reason CHECK (approved = (reason = ''))
);
CREATE INDEX decisions_day ON decisions (decided_at);
CREATE INDEX decisions_risk ON decisions (risk DESC, decided_at DESC);

CREATE TABLE offers (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    id uuid NOT NULL,
    position bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    decision_id uuid NOT NULL,
    status text NOT NULL
        CHECK (status IN ('offered', 'accepted', 'active', 'expired', 'superseded')),
    limit_cents bigint NOT NULL CHECK (limit_cents >= 0),
    rate_bp integer NOT NULL CHECK (rate_bp >= 0),
    credit_type text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    activated_at timestamptz,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, position),
    UNIQUE (user_id, decision_id),
    FOREIGN KEY (user_id, decision_id) REFERENCES decisions ON DELETE CASCADE,
    CONSTRAINT offers_life CHECK (expires_at > created_at),
    CONSTRAINT offers_accepted CHECK (status NOT IN ('accepted', 'active') OR accepted_at IS NOT NULL),
    CONSTRAINT offers_activated CHECK (status <> 'active' OR activated_at IS NOT NULL)
);
CREATE INDEX offers_expires ON offers (expires_at) WHERE status = 'offered';
-- The database itself forbids two lines, and two open offers, for one person.
CREATE UNIQUE INDEX offers_one_active ON offers (user_id) WHERE status = 'active';
CREATE UNIQUE INDEX offers_one_offered ON offers (user_id) WHERE status = 'offered';

CREATE TABLE idempotency_keys (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    key text NOT NULL,
    request uuid NOT NULL,
    decision_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, key),
    FOREIGN KEY (user_id, decision_id) REFERENCES decisions ON DELETE CASCADE
);

CREATE TABLE notifications (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    offer_id uuid NOT NULL,
    type text NOT NULL,
    title text NOT NULL,
    message text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, offer_id, type),
    FOREIGN KEY (user_id, offer_id) REFERENCES offers ON DELETE CASCADE
);

-- Messages written with the change that they tell of, until the bus has them.
CREATE TABLE outbox (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    stream text NOT NULL,
    request_id text NOT NULL,
    traceparent text NOT NULL,
    payload text NOT NULL,
    created_at timestamptz NOT NULL,
    claimed_until timestamptz NOT NULL
);
