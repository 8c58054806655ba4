#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lets a standby follow this PostgreSQL, whose commits wait for it from then on. The image runs it
# when it has made a database.
set -eu
umask 077
echo "host replication standby all scram-sha-256" >>"$PGDATA/pg_hba.conf"
psql --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'END'
\set password `cat /run/secrets/replication_password`
CREATE ROLE standby LOGIN REPLICATION PASSWORD :'password';
ALTER SYSTEM SET synchronous_standby_names = 'standby';
SELECT pg_reload_conf() \g /dev/null
END
