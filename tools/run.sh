#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make run: starts ECS on simulated people and shows what happens, until Ctrl-C.
#   FRESH=1        begins anew, without the data of earlier runs
#   ENGINES=real   on private NATS, PostgreSQL and Redis servers, instead of embedded
#   PEOPLE, DAYS, RATE   people (200), days of history (90), live events a second (50)
set -eu
umask 077
cd "$(dirname "$0")/.."
var=${DATA_DIR:-var}
engines=${ENGINES:-embedded}
listen=127.0.0.1:9999

case $engines in
embedded) ;;
real) var=$var/real ;;
*)
    echo "run: ENGINES is real or embedded" >&2
    exit 64
    ;;
esac
if python3 -c 'import socket; socket.create_connection(("127.0.0.1", 9999), 1)' 2>/dev/null; then
    echo "run: something answers on $listen already; stop it first" >&2
    exit 1
fi
if [ -n "${FRESH:-}" ]; then
    [ "$engines" = embedded ] || tools/engines.sh erase "$var"
    rm -rf "$var/ecs.db" "$var/ecs.db-wal" "$var/ecs.db-shm" "$var/bus.db" "$var/bus.db-wal" \
        "$var/bus.db-shm"
fi
mkdir -p "$var"

server=
stop() {
    trap '' INT TERM HUP
    if [ -n "$server" ] && kill -TERM "$server" 2>/dev/null; then
        wait "$server" || echo "run: the server ended with $?; see $var/ecs.log" >&2
    fi
    [ "$engines" = embedded ] || tools/engines.sh stop "$var"
    echo "run: stopped; the data are in $var, FRESH=1 begins anew"
}
trap stop EXIT
# The simulator ends at Ctrl-C by itself, and this script then goes on to the end. Whoever ends this
# script alone ends the simulator with it.
simulator=
trap : INT
trap '[ -z "$simulator" ] || kill -INT "$simulator" 2>/dev/null' TERM HUP

if [ "$engines" = real ]; then
    tools/engines.sh start "$var"
    . "$var/env"
fi
export DATA_DIR="$var" LISTEN=$listen RATE_REGISTRATIONS_PER_SECOND=1000 RATE_LOGINS_PER_SECOND=1000
# In a session of its own: a Ctrl-C on this terminal is for the simulator, which ends first.
setsid build/ecs serve >>"$var/ecs.log" 2>&1 &
server=$!
tries=100
until python3 - "http://$listen/readyz" <<'PYTHON' 2>/dev/null; do
import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=1)
PYTHON
    tries=$((tries - 1))
    if [ $tries -eq 0 ] || ! kill -0 $server 2>/dev/null; then
        echo "run: the server does not get ready; see $var/ecs.log" >&2
        tail -n 5 "$var/ecs.log" >&2
        exit 1
    fi
    sleep 0.1
done
echo "run: ECS serves on http://$listen ($engines engines); its log is $var/ecs.log"
# A shell lets what it starts in the background ignore Ctrl-C, which this one must hear.
env --default-signal=INT build/ecs simulate --people "${PEOPLE:-200}" --days "${DAYS:-90}" \
    --live "${RATE:-50}" --url "http://$listen" &
simulator=$!
until wait "$simulator" || ! kill -0 "$simulator" 2>/dev/null; do :; done
