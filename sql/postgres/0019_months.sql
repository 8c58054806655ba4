-- SPDX-License-Identifier: Apache-2.0
--
-- Partitions belong to the owner of the schema, and so does making and dropping them. A role that adds
-- raw events, or sweeps them, has a login that owns nothing and calls these two: they run as the
-- owner, do no more than they say, and find nothing but in this schema.

-- The month of a moment, for raw events of a table that the caller may add to.
CREATE FUNCTION events_month_add(parent text, moment timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    month timestamp := date_trunc('month', moment AT TIME ZONE 'UTC');
BEGIN
    IF parent NOT IN ('emotion_events', 'transaction_events')
        OR NOT has_table_privilege(session_user, parent, 'INSERT') THEN
        RAISE insufficient_privilege USING MESSAGE = 'permission denied for months of events';
    END IF;
    -- Whoever makes or drops a month holds this; of two makers the second finds it made.
    PERFORM pg_advisory_xact_lock(20260102);
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                   parent || to_char(month, '_YYYY_MM'), parent, month AT TIME ZONE 'UTC',
                   (month + interval '1 month') AT TIME ZONE 'UTC');
END
$$;

-- Drops the oldest month, if all of it is before that moment, and names it; NULL: there is none.
-- Nobody keeps raw events for less than 91 days (RETENTION_DAYS).
CREATE FUNCTION events_month_drop(parent text, moment timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    month text;
BEGIN
    IF parent NOT IN ('emotion_events', 'transaction_events')
        OR moment > now() - interval '90 days' THEN
        RAISE insufficient_privilege USING MESSAGE = 'permission denied for months of events';
    END IF;
    PERFORM pg_advisory_xact_lock(20260102);
    SELECT min(c.relname::text COLLATE "C") INTO month
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = parent::regclass
        AND c.relname::text COLLATE "C" < parent || to_char(moment AT TIME ZONE 'UTC', '_YYYY_MM');
    IF month IS NOT NULL THEN
        EXECUTE format('DROP TABLE %I', month);
    END IF;
    RETURN month;
END
$$;

REVOKE ALL ON FUNCTION events_month_add(text, timestamptz), events_month_drop(text, timestamptz)
    FROM PUBLIC;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION events_month_add(text, timestamptz) SET search_path = %I, pg_temp',
                   current_schema());
    EXECUTE format('ALTER FUNCTION events_month_drop(text, timestamptz) SET search_path = %I, pg_temp',
                   current_schema());
END
$$;
