#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the secrets that compose.yaml and compose.cluster.yaml read, in deploy/secrets. What is there
# already stays: to have another password, remove its file (ROLE.database_password or
# ROLE.nats_password) and run this again.
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

# put NAME TEXT: writes it, whole or not at all.
put() {
    [ "$(cat "$1" 2>/dev/null)" != "$2" ] || return 0
    printf '%s\n' "$2" >"$1.new"
    chmod 0444 "$1.new"
    mv -f "$1.new" "$1"
}

# keep NAME TEXT: the same, unless it is there already.
keep() {
    [ -e "$1" ] || put "$1" "$2"
}

# url NAME USER PASSWORD TEXT: an address, once; later only its password is changed, which is on no
# command line.
url() {
    keep "$1" "$4"
    put "$1" "$(echo "s|$2:[^@]*@|$2:$3@|g" | sed -f /dev/stdin "$1")"
}

keep secret_key "$(random)"
keep internal_key "$(random)"
# Of PostgreSQL's superuser, who makes the logins.
keep database_password "$(random)"

# A login of PostgreSQL for each role, and its addresses: that of compose.yaml, that of
# compose.cluster.yaml. All names and passwords are in database_logins.
logins=
for role in migrate transaction-ingestion emotion-processing transaction-processing user-credit \
    credit-application operator; do
    keep "$role.database_password" "$(random)"
    password=$(cat "$role.database_password")
    login=ecs_$(echo "$role" | sed 's/-/_/g; s/^migrate$/owner/')
    logins="$logins$login $password
"
    url "$role.database_url" "$login" "$password" "postgresql://$login:$password@postgres:5432/ecs"
    url "cluster.$role.database_url" "$login" "$password" \
        "postgresql://$login:$password@10.213.0.21:5432,10.213.0.22:5432/ecs?target_session_attrs=read-write"
done
put database_logins "${logins%?}"

# A user of NATS for each role, the same way, and for producers. All passwords are in
# nats_passwords.conf, by the names that deploy/nats/users.conf calls them.
passwords=
for user in emotion-ingestion transaction-ingestion emotion-processing transaction-processing \
    user-credit credit-application operator emotion-producer transaction-producer; do
    keep "$user.nats_password" "$(random)"
    password=$(cat "$user.nats_password")
    passwords="$passwords$(echo "$user" | tr a-z- A-Z_)_PASSWORD: \"$password\"
"
    url "$user.nats_url" "$user" "$password" "nats://$user:$password@nats:4222"
    url "cluster.$user.nats_url" "$user" "$password" \
        "nats://$user:$password@10.213.0.11:4222,nats://$user:$password@10.213.0.12:4222,nats://$user:$password@10.213.0.13:4222"
done
put nats_passwords.conf "${passwords%?}"

redis=$(random)
keep redis_users.conf "requirepass $redis"
keep redis_url "redis://:$(sed 's/requirepass //' redis_users.conf)@redis:6379/0"

# For compose.cluster.yaml, which gives its engines these addresses.
redis_password=$(sed 's/requirepass //' redis_users.conf)
keep replication_password "$(random)"
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
