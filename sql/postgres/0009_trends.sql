-- SPDX-License-Identifier: Apache-2.0
--
-- Trends of feelings and of credit, for dashboards: never of fewer than ten people. A group that is
-- smaller is left out; where groups add up to a whole that is shown beside them, all are left out
-- as soon as one is too small, because its figures would be what remains. A login that may read
-- these views and no table cannot learn anything about one person from them.

-- The smallest group that is shown.
CREATE FUNCTION people_least() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 10::bigint';

-- People by where they stand with credit today. Not to be granted: it names them.
CREATE VIEW people_cohorts AS
SELECT id AS user_id,
       CASE
           WHEN EXISTS (SELECT FROM offers o WHERE o.user_id = u.id AND o.status = 'active')
               THEN 'credit line'
           WHEN EXISTS (SELECT FROM decisions d WHERE d.user_id = u.id AND d.approved)
               THEN 'was offered'
           WHEN EXISTS (SELECT FROM decisions d WHERE d.user_id = u.id)
               THEN 'denied'
           ELSE 'never asked'
       END AS cohort
FROM users u;

-- An hour's feelings, of all people and of each cohort; stress_spread is a standard deviation.
CREATE VIEW emotion_trends AS
WITH felt AS (
    SELECT t.hour, coalesce(c.cohort, 'all') AS cohort, grouping(c.cohort) AS whole,
           count(DISTINCT t.user_id) AS people,
           sum(t.event_count) AS events,
           sum(t.stress_event_count) AS stress_events,
           sum(t.positivity_sum) / sum(t.event_count) / 1e6 AS positivity,
           sum(t.intensity_sum) / sum(t.event_count) / 1e6 AS intensity,
           sum(t.stress_sum) / sum(t.event_count) / 1e6 AS stress,
           sqrt(greatest(0, sum(t.stress_square_sum) / sum(t.event_count)
                            - (sum(t.stress_sum) / sum(t.event_count)) ^ 2)) / 1e6 AS stress_spread
    FROM emotion_tiles t JOIN people_cohorts c USING (user_id)
    GROUP BY GROUPING SETS ((t.hour), (t.hour, c.cohort))
)
SELECT hour, cohort, people, events, stress_events, positivity, intensity, stress, stress_spread
FROM (SELECT *, min(people) OVER (PARTITION BY hour, whole) AS smallest FROM felt) f
WHERE smallest >= people_least();

-- A day's mood beside what was spent, of people who did both that day; money for each of them.
CREATE VIEW mood_and_spending AS
WITH mood AS (
    SELECT user_id, date_trunc('day', hour, 'UTC') AS day, sum(event_count) AS events,
           sum(positivity_sum) AS positivity_sum, sum(stress_sum) AS stress_sum
    FROM emotion_tiles
    GROUP BY user_id, date_trunc('day', hour, 'UTC')
)
SELECT m.day, count(*) AS people,
       sum(m.positivity_sum) / sum(m.events) / 1e6 AS positivity,
       sum(m.stress_sum) / sum(m.events) / 1e6 AS stress,
       sum(t.sum_cents - t.in_sum_cents) / count(*) / 100 AS spent_each,
       sum(t.in_sum_cents) / count(*) / 100 AS received_each
FROM mood m JOIN transaction_tiles t ON t.user_id = m.user_id AND t.day = m.day
GROUP BY m.day
HAVING count(*) >= people_least();

-- Active lines by size, with the mood of their holders in the last 30 days. Bands are of 2,500.
CREATE VIEW limits_and_mood AS
WITH lines AS (
    SELECT user_id, limit_cents, rate_bp, limit_cents / 250000 AS band
    FROM offers
    WHERE status = 'active'
), mood AS (
    SELECT user_id, sum(positivity_sum)::numeric / sum(event_count) / 1e6 AS positivity,
           sum(stress_sum)::numeric / sum(event_count) / 1e6 AS stress
    FROM emotion_tiles
    WHERE hour >= now() - interval '30 days'
    GROUP BY user_id
)
SELECT l.band * 2500 AS limit_from, l.band * 2500 + 2500 AS limit_below, count(*) AS people,
       sum(l.limit_cents) / 100 AS limits, avg(l.limit_cents) / 100 AS average_limit,
       avg(l.rate_bp) / 100 AS average_rate, avg(m.positivity) AS positivity,
       avg(m.stress) AS stress
FROM lines l JOIN mood m USING (user_id)
GROUP BY l.band
HAVING count(*) >= people_least();

-- A day's decisions, and the people they were about.
CREATE VIEW decision_trends AS
SELECT date_trunc('day', decided_at, 'UTC') AS day, count(DISTINCT user_id) AS people,
       count(*) AS decisions, count(*) FILTER (WHERE approved)::numeric / count(*) AS approved_share,
       avg(risk) / 1e6 AS risk
FROM decisions
GROUP BY date_trunc('day', decided_at, 'UTC')
HAVING count(DISTINCT user_id) >= people_least();

-- Lines that became active on a day, whatever became of them since.
CREATE VIEW limit_trends AS
SELECT date_trunc('day', activated_at, 'UTC') AS day, count(DISTINCT user_id) AS people,
       sum(limit_cents) / 100 AS limits, avg(limit_cents) / 100 AS average_limit,
       avg(rate_bp) / 100 AS average_rate
FROM offers
WHERE activated_at IS NOT NULL
GROUP BY date_trunc('day', activated_at, 'UTC')
HAVING count(DISTINCT user_id) >= people_least();
