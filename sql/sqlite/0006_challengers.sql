-- SPDX-License-Identifier: Apache-2.0
--
-- What challengers would have decided, as in sql/postgres.

CREATE TABLE shadow_decisions (
    user_id BLOB NOT NULL,
    decision_id BLOB NOT NULL,
    challenger TEXT NOT NULL,
    approved INTEGER NOT NULL CHECK (approved IN (0, 1)),
    risk INTEGER NOT NULL CHECK (risk BETWEEN 0 AND 1000000),
    limit_cents INTEGER NOT NULL,
    rate_bp INTEGER NOT NULL,
    credit_type TEXT NOT NULL,
    model TEXT NOT NULL,
    policy BLOB NOT NULL,
    scored_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, decision_id, challenger),
    FOREIGN KEY (user_id, decision_id) REFERENCES decisions (user_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
