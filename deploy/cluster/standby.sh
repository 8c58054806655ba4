#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# PostgreSQL that follows the primary of compose.cluster.yaml; what it has none of yet, it copies from there.
# usage: standby.sh postgres [OPTION...]
set -eu
data=/var/lib/postgresql/data
umask 077
printf '*:*:*:standby:%s\n' "$(cat /run/secrets/replication_password)" >/tmp/passwords
chmod 0700 $data
[ -s $data/PG_VERSION ] ||
    pg_basebackup --pgdata=$data --dbname="host=10.213.0.21 user=standby passfile=/tmp/passwords" \
        --write-recovery-conf --checkpoint=fast
exec "$@" -D $data -c listen_addresses='*'
