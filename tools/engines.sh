#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Private nats-server, PostgreSQL and Redis, on free loopback ports, under one folder.
# usage: engines.sh start DIR     starts what does not run yet; writes DIR/env to be sourced
#        engines.sh stop DIR      stops them, by their pids; their data stay
#        engines.sh erase DIR     stops them and removes their data
# Each is in a session of its own: a Ctrl-C on this terminal is not for them.
# Passwords are random, and lie in files of mode 0600. PostgreSQL refuses to run as root: then it
# runs as the account postgres.
set -eu
umask 077

usage() {
    echo "usage: engines.sh start|stop|erase DIR" >&2
    exit 64
}
[ $# -eq 2 ] || usage
action=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)

say() {
    echo "engines: $*"
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# keep NAME COMMAND...: what the command says, asked once and then remembered.
keep() {
    file=$dir/$1
    shift
    [ -s "$file" ] || "$@" >"$file"
    cat "$file"
}

secret() {
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

runs() {
    [ -s "$dir/$1.pid" ] && kill -0 "$(head -n 1 "$dir/$1.pid")" 2>/dev/null
}

# wait_for NAME COMMAND...: until it succeeds, for 30 s at most.
wait_for() {
    name=$1
    shift
    tries=300
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        if [ $tries -eq 0 ] || ! runs "$name"; then
            echo "engines: $name does not answer; see $dir/$name.log" >&2
            tail -n 5 "$dir/$name.log" >&2
            exit 1
        fi
        sleep 0.1
    done
}

listens() {
    python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)' "$1"
}

start_nats() {
    port=$(keep nats.port free_port)
    password=$(keep nats.secret secret)
    cat >"$dir/nats.conf" <<CONF
listen: 127.0.0.1:$port
authorization { user: ecs, password: "$password" }
jetstream { store_dir: "$dir/nats" }
CONF
    if ! runs nats; then
        setsid /usr/sbin/nats-server -c "$dir/nats.conf" -P "$dir/nats.pid" >>"$dir/nats.log" 2>&1 &
        echo $! >"$dir/nats.pid"
    fi
    wait_for nats listens "$port"
    say "nats-server on 127.0.0.1:$port"
}

start_redis() {
    port=$(keep redis.port free_port)
    password=$(keep redis.secret secret)
    mkdir -p "$dir/redis"
    cat >"$dir/redis.conf" <<CONF
bind 127.0.0.1
port $port
requirepass $password
dir $dir/redis
save ""
maxmemory 64mb
maxmemory-policy allkeys-lru
CONF
    if ! runs redis; then
        setsid redis-server "$dir/redis.conf" >>"$dir/redis.log" 2>&1 &
        echo $! >"$dir/redis.pid"
    fi
    wait_for redis listens "$port"
    say "redis-server on 127.0.0.1:$port"
}

# What goes before a command of PostgreSQL's. No function: in the background that would be a shell,
# and its pid would be the shell's.
as_postgres=
[ "$(id -u)" -ne 0 ] || as_postgres="setpriv --reuid=postgres --regid=postgres --init-groups"

# Where PostgreSQL keeps its data. The account postgres cannot enter the folders of root.
postgres_place() {
    if [ "$(id -u)" -eq 0 ]; then
        mktemp -d /var/tmp/ecs-postgres.XXXXXX
    else
        echo "$dir/postgres"
    fi
}

make_cluster() {
    say "making a PostgreSQL cluster"
    mkdir -p "$place"
    cp "$dir/postgres.secret" "$place/password"
    [ "$(id -u)" -ne 0 ] || chown -R postgres:postgres "$place"
    $as_postgres "$bin/initdb" -D "$place/data" -U ecs --pwfile="$place/password" \
        --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 >>"$dir/postgres.log" 2>&1
    rm "$place/password"
}

start_postgres() {
    port=$(keep postgres.port free_port)
    keep postgres.secret secret >/dev/null
    place=$(keep postgres.place postgres_place)
    cd /
    [ -d "$place/data" ] || make_cluster
    if ! runs postgres; then
        rm -f "$place/data/postmaster.pid"
        setsid $as_postgres "$bin/postgres" -D "$place/data" -p "$port" -c listen_addresses=127.0.0.1 \
            -c unix_socket_directories= >>"$dir/postgres.log" 2>&1 &
        echo $! >"$dir/postgres.pid"
    fi
    wait_for postgres "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"
    say "PostgreSQL on 127.0.0.1:$port"
}

write_env() {
    cat >"$dir/env" <<ENV
export NATS_URL=nats://ecs:$(cat "$dir/nats.secret")@127.0.0.1:$(cat "$dir/nats.port")
export REDIS_URL=redis://:$(cat "$dir/redis.secret")@127.0.0.1:$(cat "$dir/redis.port")/0
export DATABASE_URL=postgresql://ecs:$(cat "$dir/postgres.secret")@127.0.0.1:$(cat "$dir/postgres.port")/postgres
export SECRET_KEY=$(keep secret_key.secret secret)
export INTERNAL_SERVICE_API_KEY=$(keep internal_key.secret secret)
ENV
}

# PostgreSQL ends its sessions at SIGINT; the others end at SIGTERM.
stop_one() {
    runs "$1" || return 0
    pid=$(head -n 1 "$dir/$1.pid")
    kill -"$2" "$pid"
    tries=300
    while kill -0 "$pid" 2>/dev/null && [ $tries -gt 0 ]; do
        tries=$((tries - 1))
        sleep 0.1
    done
    rm -f "$dir/$1.pid"
    say "$1 stopped"
}

stop_all() {
    stop_one nats TERM
    stop_one redis TERM
    stop_one postgres INT
}

case $action in
start)
    start_nats
    start_redis
    start_postgres
    write_env
    ;;
stop)
    stop_all
    ;;
erase)
    stop_all
    [ ! -s "$dir/postgres.place" ] || rm -rf "$(cat "$dir/postgres.place")"
    rm -rf "$dir"
    ;;
*) usage ;;
esac
