-- SPDX-License-Identifier: Apache-2.0
--
-- Who said that a transaction happened: `core`, the bank's own systems, or `self`, the person. Of
-- earlier ones it is not known, so they count as the person's own word.

ALTER TABLE transaction_events ADD COLUMN source text NOT NULL DEFAULT 'self';
-- Not valid: what is there has the default, and need not be read to be checked.
ALTER TABLE transaction_events
    ADD CONSTRAINT transaction_events_source CHECK (source IN ('core', 'self')) NOT VALID;

CREATE OR REPLACE VIEW transactions AS
SELECT user_id,
       (amount_cents / 100.0)::numeric(12, 2) AS amount,
       occurred_at AS created_at,
       CASE direction WHEN 1 THEN 'in' ELSE 'out' END AS direction,
       nullif(category, '') AS category,
       nullif(currency, '') AS currency,
       nullif(transaction_id, '') AS transaction_id,
       source
FROM transaction_events;
