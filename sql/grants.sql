-- SPDX-License-Identifier: Apache-2.0
--
-- Who may do what in PostgreSQL, exactly: `ecs migrate` sees to it, under the owner's login, for those
-- of these logins that the server has. deploy/postgres/logins.sql makes them. Without any of them
-- everybody is the owner, and this does nothing.
--
-- A new version migrates while the one before still runs: a right that only that one needs stays here for
-- one version more.
--
-- To lock a row (FOR UPDATE) a login must be allowed to change a column of it: where it changes none,
-- one is named that does least. Foreign keys are checked, and followed, by the owner.
DO $$
DECLARE
    rights text[] := ARRAY[
        -- login, table or function, what
        ['ecs_transaction_ingestion', 'schema_migrations', 'SELECT'],
        ['ecs_transaction_ingestion', 'users', 'SELECT (id, generation, generation_change)'],
        ['ecs_transaction_ingestion', 'event_keys', 'SELECT'],
        ['ecs_transaction_ingestion', 'submission_keys', 'SELECT, INSERT'],

        ['ecs_emotion_processing', 'schema_migrations', 'SELECT'],
        ['ecs_emotion_processing', 'event_positions', 'SELECT'],
        ['ecs_emotion_processing', 'event_keys', 'SELECT, INSERT, UPDATE (seen_at)'],
        ['ecs_emotion_processing', 'feature_versions', 'SELECT, UPDATE (version)'],
        ['ecs_emotion_processing', 'emotion_events', 'INSERT'],
        ['ecs_emotion_processing', 'emotion_tiles', 'SELECT, INSERT, UPDATE'],
        ['ecs_emotion_processing', 'events_month_add(text, timestamptz)', 'EXECUTE'],

        ['ecs_transaction_processing', 'schema_migrations', 'SELECT'],
        ['ecs_transaction_processing', 'event_positions', 'SELECT'],
        ['ecs_transaction_processing', 'event_keys', 'SELECT, INSERT, UPDATE (seen_at)'],
        ['ecs_transaction_processing', 'feature_versions', 'SELECT, UPDATE (version)'],
        ['ecs_transaction_processing', 'transaction_events', 'INSERT'],
        ['ecs_transaction_processing', 'transaction_tiles', 'SELECT, INSERT, UPDATE'],
        ['ecs_transaction_processing', 'events_month_add(text, timestamptz)', 'EXECUTE'],

        ['ecs_credit_application', 'schema_migrations', 'SELECT'],
        ['ecs_credit_application', 'users', 'SELECT (id), UPDATE (updated_at)'],
        ['ecs_credit_application', 'offers', 'SELECT, UPDATE (status, activated_at, updated_at)'],
        ['ecs_credit_application', 'notifications', 'INSERT'],
        ['ecs_credit_application', 'outbox', 'SELECT, INSERT, UPDATE (claimed_until), DELETE'],

        ['ecs_user_credit', 'schema_migrations', 'SELECT'],
        ['ecs_user_credit', 'users', 'SELECT, INSERT, UPDATE (password_hash, generation, generation_change)'],
        ['ecs_user_credit', 'feature_versions', 'SELECT, INSERT'],
        ['ecs_user_credit', 'refresh_tokens', 'SELECT, INSERT, UPDATE (used_at), DELETE'],
        ['ecs_user_credit', 'login_failures', 'SELECT, INSERT, UPDATE (failures, failed_at), DELETE'],
        ['ecs_user_credit', 'emotion_tiles', 'SELECT'],
        ['ecs_user_credit', 'transaction_tiles', 'SELECT'],
        ['ecs_user_credit', 'decisions', 'SELECT, INSERT'],
        ['ecs_user_credit', 'decision_heads', 'SELECT, INSERT, UPDATE (count, entry)'],
        ['ecs_user_credit', 'log_shards', 'SELECT, UPDATE (position, seal)'],
        ['ecs_user_credit', 'log_heads', 'INSERT'],
        ['ecs_user_credit', 'offers', 'SELECT, INSERT, UPDATE (status, accepted_at, updated_at)'],
        ['ecs_user_credit', 'policies', 'INSERT'],
        ['ecs_user_credit', 'shadow_decisions', 'SELECT, INSERT'],
        ['ecs_user_credit', 'notifications', 'SELECT'],
        ['ecs_user_credit', 'outbox', 'SELECT, INSERT, UPDATE (claimed_until), DELETE'],
        ['ecs_user_credit', 'gone_people', 'SELECT, UPDATE (letters_to), DELETE'],
        -- It sweeps.
        ['ecs_user_credit', 'sweeps', 'SELECT, UPDATE (present, swept_at)'],
        ['ecs_user_credit', 'event_keys', 'SELECT, UPDATE (seen_at), DELETE'],
        ['ecs_user_credit', 'idempotency_keys', 'SELECT, INSERT, UPDATE (created_at), DELETE'],
        ['ecs_user_credit', 'submission_keys', 'SELECT, UPDATE (created_at), DELETE'],
        ['ecs_user_credit', 'events_month_drop(text, timestamptz)', 'EXECUTE'],

        -- Commands that only read: features, replay, verify-log, backtest.
        ['ecs_operator', 'schema_migrations', 'SELECT'],
        ['ecs_operator', 'users', 'SELECT (id, email, created_at)'],
        ['ecs_operator', 'emotion_events', 'SELECT'],
        ['ecs_operator', 'transaction_events', 'SELECT'],
        ['ecs_operator', 'decisions', 'SELECT'],
        ['ecs_operator', 'decision_heads', 'SELECT'],
        ['ecs_operator', 'log_shards', 'SELECT'],
        ['ecs_operator', 'log_heads', 'SELECT'],
        ['ecs_operator', 'erasures', 'SELECT'],
        ['ecs_operator', 'policies', 'SELECT'],
        ['ecs_operator', 'offers', 'SELECT']
    ];
    one text[];
    held record;
BEGIN
    -- What was granted before, by an earlier version too.
    FOR held IN
        SELECT grantee, format('TABLE %I', table_name) AS object
        FROM information_schema.table_privileges
        WHERE grantee = ANY (rights) AND table_schema = current_schema()
        UNION
        SELECT grantee, format('TABLE %I', table_name) FROM information_schema.column_privileges
        WHERE grantee = ANY (rights) AND table_schema = current_schema()
        UNION
        SELECT rolname, format('FUNCTION %s', p.oid::regprocedure)
        FROM pg_proc p, aclexplode(p.proacl) a JOIN pg_roles r ON r.oid = a.grantee
        WHERE rolname = ANY (rights) AND pronamespace = current_schema()::regnamespace
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %I', held.object, held.grantee);
    END LOOP;
    FOREACH one SLICE 1 IN ARRAY rights LOOP
        CONTINUE WHEN to_regrole(one[1]) IS NULL;
        IF one[3] = 'EXECUTE' THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', one[2], one[1]);
        ELSE
            EXECUTE format('GRANT %s ON TABLE %I TO %I', one[3], one[2], one[1]);
        END IF;
    END LOOP;
END
$$;
