-- SPDX-License-Identifier: Apache-2.0
--
-- What SQL clients of the former system read, under its names; identifiers are blobs here, times
-- are ISO 8601 texts, UTC.

CREATE VIEW transactions AS
SELECT user_id,
       amount_cents / 100.0 AS amount,
       strftime('%Y-%m-%dT%H:%M:%S', occurred_at / 1000000, 'unixepoch')
           || printf('.%06dZ', occurred_at % 1000000) AS created_at,
       CASE direction WHEN 1 THEN 'in' ELSE 'out' END AS direction,
       nullif(category, '') AS category,
       nullif(currency, '') AS currency,
       nullif(transaction_id, '') AS transaction_id
FROM transaction_events;

CREATE VIEW emotional_events_summary AS
SELECT user_id,
       date(hour / 1000000, 'unixepoch') AS summary_date,
       round(sum(positivity_sum) / (1000000.0 * sum(event_count)), 6) AS avg_positivity_score,
       round(sum(intensity_sum) / (1000000.0 * sum(event_count)), 6) AS avg_intensity_score,
       round(sum(stress_sum) / (1000000.0 * sum(event_count)), 6) AS avg_stress_level,
       sum(event_count) AS event_count
FROM emotion_tiles
GROUP BY user_id, date(hour / 1000000, 'unixepoch');

CREATE VIEW credit_limits AS
SELECT id,
       user_id,
       status,
       limit_cents / 100.0 AS credit_limit,
       rate_bp / 100.0 AS interest_rate, -- percent
       credit_type,
       strftime('%Y-%m-%dT%H:%M:%S', expires_at / 1000000, 'unixepoch')
           || printf('.%06dZ', expires_at % 1000000) AS expires_at,
       strftime('%Y-%m-%dT%H:%M:%S', activated_at / 1000000, 'unixepoch')
           || printf('.%06dZ', activated_at % 1000000) AS activated_at,
       strftime('%Y-%m-%dT%H:%M:%S', created_at / 1000000, 'unixepoch')
           || printf('.%06dZ', created_at % 1000000) AS created_at,
       strftime('%Y-%m-%dT%H:%M:%S', updated_at / 1000000, 'unixepoch')
           || printf('.%06dZ', updated_at % 1000000) AS updated_at
FROM offers;
