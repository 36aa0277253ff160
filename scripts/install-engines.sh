#!/bin/sh
# install-engines.sh unpacks containerd, Docker and Podman of this host's Debian
# below PREFIX for the scenarios of [engine:NAME]. Nothing is installed or
# started: apt's package database, users, services and firewall stay as they
# are. What the host has in PATH already is taken from there.
#
#   FORCE=1  unpack also what the host has
#   PREFIX   where to (default /opt/gophertainer-engines)
set -eu
. "$(dirname "$0")/debs.sh"

PREFIX=${PREFIX:-/opt/gophertainer-engines}
works() {
	PATH="$PATH:$PREFIX/bin"
	for p in ctr containerd-shim-runc-v2; do command -v $p >/dev/null || return 1; done
	containerd --version && dockerd --version && docker --version && podman --version && conmon --version
}
if [ -z "${FORCE:-}" ] && works >/dev/null 2>&1; then
	echo "install-engines: already there"
	exit 0
fi

new=$PREFIX.new.$$
debs_begin
trap 'debs_end; rm -rf "$new"' EXIT
trap 'exit 130' HUP INT TERM
mkdir -p "$new/bin" "$new/root"
debs_fetch "$(debs_release)" containerd docker.io podman conmon
debs_unpack "$new/root"

# Libraries that the host has are the host's: a second libc beside its loader
# does not work.
find "$new/root" -name '*.so*' ! -type d | while read -r lib; do
	if [ -e "${lib#"$new/root"}" ]; then rm "$lib"; fi
done

# Docker and Podman execute themselves again without our environment, so the
# path of the libraries is written into the programs. patchelf runs from where
# it was unpacked.
debs_fetch "$(debs_release)" patchelf
mkdir "$new/patchelf"
debs_unpack "$new/patchelf"
plibs=$(find "$new/patchelf" -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
loader=$(find "$new/patchelf" -name 'ld-linux*.so.*' ! -type d | head -n 1)
libs=$(find "$new/root" -name '*.so*' -exec dirname {} + | sort -u | sed "s#^$new#$PREFIX#" | paste -sd:)
for p in containerd containerd-shim-runc-v2 ctr dockerd docker docker-init docker-proxy podman conmon; do
	file=$(find "$new/root/usr/bin" "$new/root/usr/sbin" -name $p | head -n 1)
	[ -n "$file" ] || { echo "install-engines: no $p in the packages" >&2; exit 1; }
	cp -L "$file" "$new/bin/$p"
	if readelf -d "$new/bin/$p" 2>/dev/null | grep -q NEEDED; then
		"$loader" --library-path "$plibs" "$new/patchelf/usr/bin/patchelf" --force-rpath --set-rpath "$libs" "$new/bin/$p"
	fi
done
rm -rf "$new/patchelf" "$new/root/usr/bin" "$new/root/usr/sbin"
debs_swap "$new" "$PREFIX"
works
