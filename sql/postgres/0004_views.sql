-- SPDX-License-Identifier: Apache-2.0
--
-- What SQL clients of the former system read, under its names. The table users is read as it is.

CREATE VIEW transactions AS
SELECT user_id,
       (amount_cents / 100.0)::numeric(12, 2) AS amount,
       occurred_at AS created_at,
       CASE direction WHEN 1 THEN 'in' ELSE 'out' END AS direction,
       nullif(category, '') AS category,
       nullif(currency, '') AS currency,
       nullif(transaction_id, '') AS transaction_id
FROM transaction_events;

-- One row for each person and day, UTC.
CREATE VIEW emotional_events_summary AS
SELECT user_id,
       (hour AT TIME ZONE 'UTC')::date AS summary_date,
       round(sum(positivity_sum) / (1000000.0 * sum(event_count)), 6) AS avg_positivity_score,
       round(sum(intensity_sum) / (1000000.0 * sum(event_count)), 6) AS avg_intensity_score,
       round(sum(stress_sum) / (1000000.0 * sum(event_count)), 6) AS avg_stress_level,
       sum(event_count)::bigint AS event_count
FROM emotion_tiles
GROUP BY user_id, (hour AT TIME ZONE 'UTC')::date;

CREATE VIEW credit_limits AS
SELECT id,
       user_id,
       status,
       (limit_cents / 100.0)::numeric(15, 2) AS credit_limit,
       (rate_bp / 100.0)::numeric(7, 2) AS interest_rate, -- percent
       credit_type,
       expires_at,
       activated_at,
       created_at,
       updated_at
FROM offers;
