#!/bin/sh
# install-redis.sh unpacks Debian's redis-server and redis-cli with all they
# depend on below PREFIX, as a root filesystem for a container: a program under
# load to take checkpoints of. The host's packages are not touched.
#
#   PREFIX  where to            (default /opt/gophertainer-redis)
set -eu
umask 022
. "$(dirname "$0")/debs.sh"

PREFIX=${PREFIX:-/opt/gophertainer-redis}
[ "$(id -u)" = 0 ] || { echo "install-redis: needs root" >&2; exit 1; }
[ ! -x "$PREFIX/root/usr/bin/redis-server" ] || exit 0
new=$PREFIX.new.$$
debs_begin
trap 'debs_end; rm -rf "$new"' EXIT
trap 'exit 130' HUP INT TERM
mkdir -p "$new/root"
for dir in bin sbin lib lib64; do
	mkdir -p "$new/root/usr/$dir"
	ln -s "usr/$dir" "$new/root/$dir"
done
debs_fetch "$(debs_release)" redis-server redis-tools && debs_unpack "$new/root"
mkdir -p "$new/root/tmp" "$new/root/proc" "$new/root/sys" "$new/root/dev" "$new/root/data"
debs_swap "$new" "$PREFIX"
