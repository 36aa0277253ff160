#!/bin/sh
# install-peers.sh puts a current crun and runc below PREFIX, beside whatever
# this host has: apt's sources, the package database and the libraries stay as
# they are. make bench and the scenarios of [peer:crun] and [peer:runc] use
# them. Needs Debian's apt and dpkg; root only for the default PREFIX.
#
#   PREFIX  where to        (default /opt/gophertainer-peers, else $XDG_CACHE_HOME/gophertainer-peers)
#   SUITE   Debian's suite  (default forky)
set -eu
. "$(dirname "$0")/debs.sh"

SUITE=${SUITE:-forky}
if [ -z "${PREFIX:-}" ]; then
	PREFIX=/opt/gophertainer-peers
	[ "$(id -u)" = 0 ] || PREFIX=${XDG_CACHE_HOME:-$HOME/.cache}/gophertainer-peers
fi
works() { "$PREFIX/bin/runc" --version && "$PREFIX/bin/crun" --version; }
if works >/dev/null 2>&1; then
	echo "install-peers: already in $PREFIX"
	exit 0
fi

new=$PREFIX.new.$$
debs_begin
trap 'debs_end; rm -rf "$new"' EXIT
trap 'exit 130' HUP INT TERM

# Both programs execute themselves again through /proc/self/exe, so a wrapper
# that calls another loader is lost; their interpreter is patched instead.
# patchelf is unpacked with its libraries and run by this host's loader.
mkdir -p "$new/bin" "$new/patchelf" "$new/root"
debs_fetch "$(debs_release)" patchelf
debs_unpack "$new/patchelf"
debs_fetch "$SUITE" runc crun libcriu2 fuse-overlayfs-
debs_unpack "$new/root"

loader() { find "$1" -name 'ld-linux*.so.*' ! -type d | head -n 1; }
pl=$(loader "$new/patchelf")
plib=$(find "$new/patchelf" -name 'libstdc++.so.6' -exec dirname {} \; | head -n 1)
patch() { "$pl" --library-path "$(dirname "$pl"):$(dirname "$(find "$new/patchelf" -name libc.so.6 | head -n 1)"):$plib" "$new/patchelf/usr/bin/patchelf" "$@"; }
ld=$(loader "$new/root/usr/lib")
libs=${ld%/*}
for b in runc crun; do
	src=$(find "$new/root/usr" -type f -path "*bin/$b" | head -n 1)
	cp "$src" "$new/bin/$b"
	patch --set-interpreter "$PREFIX${ld#"$new"}" --force-rpath --set-rpath "$PREFIX${libs#"$new"}" "$new/bin/$b"
done
rm -rf "$new/patchelf"

debs_swap "$new" "$PREFIX"
works | grep -i version
