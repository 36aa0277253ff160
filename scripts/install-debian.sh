#!/bin/sh
# install-debian.sh makes a small Debian with debootstrap below PREFIX, as a
# directory and as root.tar.gz, for the scenarios with a real root filesystem.
# debootstrap is installed if it is missing.
#
#   SUITE   Debian's suite (default bookworm)
#   PREFIX  where to       (default /opt/gophertainer-debian)
set -eu
umask 022
. "$(dirname "$0")/debs.sh"

SUITE=${SUITE:-bookworm}
PREFIX=${PREFIX:-/opt/gophertainer-debian}
[ "$(id -u)" = 0 ] || { echo "install-debian: needs root" >&2; exit 1; }
if [ -e "$PREFIX/root.tar.gz" ] && [ -x "$PREFIX/root/bin/bash" ]; then
	echo "install-debian: already in $PREFIX"
	exit 0
fi

new=$PREFIX.new.$$
debs_begin
trap 'debs_end; rm -rf "$new"' EXIT
trap 'exit 130' HUP INT TERM
mkdir -p "$new"
if ! command -v debootstrap >/dev/null; then
	apt-get install -y -qq --no-install-recommends debootstrap >"$debs/log" 2>&1 </dev/null || { cat "$debs/log" >&2; exit 1; }
fi
debootstrap --variant=minbase "$SUITE" "$new/root" "$debs_mirror" >"$debs/log" 2>&1 || { tail -n 20 "$debs/log" >&2; exit 1; }
rm -rf "$new"/root/var/cache/apt/archives/*.deb "$new"/root/debootstrap
tar -C "$new/root" -cf - . | gzip -1 >"$new/root.tar.gz"
debs_swap "$new" "$PREFIX"
du -sh "$PREFIX/root" "$PREFIX/root.tar.gz"
