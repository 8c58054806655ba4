#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the secrets that compose.yaml and compose.cluster.yaml read, in deploy/secrets. What is there already stays.
#
# The folder is for its owner alone (0700), which keeps all other accounts of this machine from the
# files in it. The files themselves may be read: in its container each service is an account of its
# own, and it sees only those files that compose.yaml gives it.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
chmod 0700 secrets
cd secrets

random() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# keep NAME TEXT: writes it, whole or not at all.
keep() {
    [ ! -e "$1" ] || return 0
    printf '%s\n' "$2" >"$1.new"
    chmod 0444 "$1.new"
    mv "$1.new" "$1"
}

keep secret_key "$(random)"
keep internal_key "$(random)"
keep database_password "$(random)"
keep database_url "postgresql://ecs:$(cat database_password)@postgres:5432/ecs"
nats=$(random)
keep nats_users.conf "authorization { user: ecs, password: \"$nats\" }"
keep nats_url "nats://ecs:$(sed 's/.*password: "\(.*\)".*/\1/' nats_users.conf)@nats:4222"
redis=$(random)
keep redis_users.conf "requirepass $redis"
keep redis_url "redis://:$(sed 's/requirepass //' redis_users.conf)@redis:6379/0"

# For compose.cluster.yaml, which gives its engines these addresses.
nats_login=$(sed 's|nats://\(.*\)@.*|\1|' nats_url)
redis_password=$(sed 's/requirepass //' redis_users.conf)
keep replication_password "$(random)"
keep cluster_database_url "postgresql://ecs:$(cat database_password)@10.213.0.21:5432,10.213.0.22:5432/ecs?target_session_attrs=read-write"
keep cluster_nats_url "nats://$nats_login@10.213.0.11:4222,nats://$nats_login@10.213.0.12:4222,nats://$nats_login@10.213.0.13:4222"
keep cluster_redis_url "redis+sentinel://:$redis_password@10.213.0.41:26379,10.213.0.42:26379,10.213.0.43:26379/ecs/0"
routes=$(random)
keep nats_routes.conf "authorization { user: ecs, password: \"$routes\" }
routes: [nats://ecs:$routes@10.213.0.11:6222, nats://ecs:$routes@10.213.0.12:6222, nats://ecs:$routes@10.213.0.13:6222]"
keep redis_replicated.conf "requirepass $redis_password
masterauth $redis_password"
keep redis_sentinel.conf "requirepass $redis_password
sentinel auth-pass ecs $redis_password"

# For compose.monitoring.yaml.
keep grafana_password "$(random)"
keep grafana_database_password "$(random)"

# A certificate that nobody trusts yet: put your own in its place.
if [ ! -e gateway.crt ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 \
        -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
        -keyout gateway.key -out gateway.crt 2>/dev/null
    chmod 0444 gateway.key gateway.crt
fi
echo "secrets: in $(pwd)"
