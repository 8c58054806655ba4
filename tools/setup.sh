#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages of the named groups (tools/packages.txt) that are missing.
# usage: setup.sh [GROUP...]     groups: build engines tests deploy bench; without one: build engines tests deploy
# Root installs at once; others are asked first, and sudo does it.
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- build engines tests deploy

installed() {
    case $1 in
    *=*) command -v "${1#*=}" >/dev/null && return ;;
    esac
    [ "$(dpkg-query -W -f '${db:Status-Status}' "${1%%=*}" 2>/dev/null)" = installed ]
}

missing=
for group in "$@"; do
    for package in $(awk -v group="$group" '$1 == group { print $2 }' tools/packages.txt); do
        installed "$package" || missing="$missing ${package%%=*}"
    done
done
[ -n "$missing" ] || exit 0

echo "setup: these Debian packages are missing:$missing"
as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || [ ! -t 0 ]; then
        echo "setup: install them as root: apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    printf 'setup: install them with sudo? [Y/n] '
    read -r answer
    case $answer in
    '' | [Yy]*) as_root=sudo ;;
    *) exit 1 ;;
    esac
fi
$as_root apt-get update
# shellcheck disable=SC2086 # a list of words
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
echo "setup: done"
