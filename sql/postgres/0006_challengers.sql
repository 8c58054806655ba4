-- SPDX-License-Identifier: Apache-2.0
--
-- What challengers would have decided (docs/challengers.md): nobody is ever answered from it.

CREATE TABLE shadow_decisions (
    user_id uuid NOT NULL,
    decision_id uuid NOT NULL,
    challenger text NOT NULL,
    approved boolean NOT NULL,
    risk integer NOT NULL CHECK (risk BETWEEN 0 AND 1000000), -- millionths
    limit_cents bigint NOT NULL,
    rate_bp integer NOT NULL,
    credit_type text NOT NULL,
    model text NOT NULL,
    policy uuid NOT NULL,
    scored_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, decision_id, challenger),
    FOREIGN KEY (user_id, decision_id) REFERENCES decisions ON DELETE CASCADE
);
