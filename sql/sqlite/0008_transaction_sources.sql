-- SPDX-License-Identifier: Apache-2.0
--
-- Who said that a transaction happened: `core`, the bank's own systems, or `self`, the person. Of
-- earlier ones it is not known, so they count as the person's own word.

ALTER TABLE transaction_events ADD COLUMN source TEXT NOT NULL DEFAULT 'self'
    CHECK (source IN ('core', 'self'));

DROP VIEW transactions;
CREATE VIEW transactions AS
SELECT user_id,
       amount_cents / 100.0 AS amount,
       strftime('%Y-%m-%dT%H:%M:%S', occurred_at / 1000000, 'unixepoch')
           || printf('.%06dZ', occurred_at % 1000000) AS created_at,
       CASE direction WHEN 1 THEN 'in' ELSE 'out' END AS direction,
       nullif(category, '') AS category,
       nullif(currency, '') AS currency,
       nullif(transaction_id, '') AS transaction_id,
       source
FROM transaction_events;
