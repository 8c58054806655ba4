#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the logins of all roles, as compose.yaml runs it: logins.sql says what it does. PGHOST, PGUSER
# and PGDATABASE say where; passwords come from secrets, never on a command line.
set -eu
: "${SECRETS:=/run/secrets}"
PGPASSWORD=$(cat "$SECRETS/database_password")
export PGPASSWORD LOGINS_FILE="$SECRETS/database_logins"
psql --no-psqlrc --quiet --file="$(dirname "$0")/logins.sql"
echo "logins: made, with what they own; ecs migrate grants them their rights"
