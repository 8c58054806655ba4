#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes build-release/ecs_VERSION_ARCHITECTURE.deb of what `make install` installs.
# SOURCE_DATE_EPOCH, if set, is the time of every file in it.
set -eu
umask 022
cd "$(dirname "$0")/.."
: "${SOURCE_DATE_EPOCH:=$(date +%s)}"
export SOURCE_DATE_EPOCH
version=$(build-release/ecs version | cut -d' ' -f2)
architecture=$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

make --no-print-directory install DESTDIR="$root" PREFIX=/usr
mkdir -p "$root/DEBIAN" "$root/usr/share/doc/ecs" "$work/debian"
gzip -9n "$root"/usr/share/man/man1/*.1
maintainer="ECS maintainers <maintainers@ecs.invalid>"
cat >"$root/usr/share/doc/ecs/copyright" <<COPYRIGHT
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: ecs

Files: *
Copyright: $(date -u -d "@$SOURCE_DATE_EPOCH" +%Y) the ECS authors
License: Apache-2.0
 On Debian systems the full text is in /usr/share/common-licenses/Apache-2.0.
COPYRIGHT
cat >"$work/changelog" <<CHANGELOG
ecs ($version) stable; urgency=medium

  * Version $version.

 -- $maintainer  $(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")
CHANGELOG
gzip -9nc "$work/changelog" >"$root/usr/share/doc/ecs/changelog.gz"

# dpkg-shlibdeps wants the control file of a source package. It does not see the library that is
# opened when it is needed (src/model/xgboost.c).
printf 'Source: ecs\n\nPackage: ecs\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O root/usr/bin/ecs | sed -n 's/^shlibs:Depends=//p')
cat >"$root/DEBIAN/control" <<CONTROL
Package: ecs
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Depends: $depends, libxgboost0
Section: net
Priority: optional
Description: real-time credit decision engine
 ECS decides credit in real time from two streams about a person: what they
 spend and how they feel. One program runs as a whole with nothing beside it,
 or role by role on NATS JetStream, PostgreSQL and Redis.
CONTROL
(cd "$root" && find usr -type f | LC_ALL=C sort | xargs md5sum) >"$root/DEBIAN/md5sums"
find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
rm -f build-release/ecs_*.deb
dpkg-deb --root-owner-group --build "$root" "build-release/ecs_${version}_$architecture.deb"
