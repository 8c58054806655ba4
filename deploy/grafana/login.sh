#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the login `grafana`, which may read the views of trends (sql/postgres) and nothing else, or
# gives it a new password. No view of them shows fewer than ten people. PGHOST, PGUSER and PGDATABASE
# say where; passwords come from secrets, never on a command line.
set -eu
PGPASSWORD=$(cat /run/secrets/database_password)
export PGPASSWORD
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 <<'SQL'
\set password `cat /run/secrets/grafana_database_password`
SELECT 'CREATE ROLE grafana' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'grafana') \gexec
ALTER ROLE grafana LOGIN PASSWORD :'password' CONNECTION LIMIT 10;
ALTER ROLE grafana SET statement_timeout = '30s';
ALTER ROLE grafana SET default_transaction_read_only = on;
GRANT SELECT ON emotion_trends, mood_and_spending, limits_and_mood, decision_trends, limit_trends
    TO grafana;
SQL
echo "grafana: may read the views of trends"
