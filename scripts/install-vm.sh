#!/bin/sh
# install-vm.sh makes what scripts/vm.sh boots below PREFIX: the kernel and
# modules of a newer Debian (a cloud kernel has virtiofs built in), and a small
# Debian with systemd as its root, with what the scenarios call. It is made again
# when the list of that changes. qemu, virtiofsd and debootstrap are installed if
# they are missing.
#
#   KERNEL_SUITE  suite of the kernel (default trixie: Linux 6.12)
#   SUITE         suite of the root   (default bookworm)
#   PREFIX        where to            (default /opt/gophertainer-vm)
set -eu
umask 022
. "$(dirname "$0")/debs.sh"

KERNEL_SUITE=${KERNEL_SUITE:-trixie}
SUITE=${SUITE:-bookworm}
PREFIX=${PREFIX:-/opt/gophertainer-vm}
packages=systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,uidmap,kmod,iproute2,procps,jq,busybox-static,strace
packages=$packages,curl,netcat-openbsd,socat,nftables,iptables,containernetworking-plugins,passt,slirp4netns,python3
packages=$packages,e2fsprogs,xfsprogs,btrfs-progs,erofs-utils,cryptsetup-bin,apparmor,secilc
made="$KERNEL_SUITE $SUITE $packages"
[ "$(id -u)" = 0 ] || { echo "install-vm: needs root" >&2; exit 1; }
[ "$(dpkg --print-architecture)" = amd64 ] || { echo "install-vm: needs amd64, have $(dpkg --print-architecture)" >&2; exit 1; }

new=$PREFIX.new.$$
debs_begin
trap 'debs_end; rm -rf "$new"' EXIT
trap 'exit 130' HUP INT TERM

host() { # PROGRAM PACKAGE
	[ -e "$1" ] || command -v "$1" >/dev/null && return
	apt-get install -y -qq --no-install-recommends "$2" >"$debs/log" 2>&1 </dev/null || { cat "$debs/log" >&2; exit 1; }
}
host qemu-system-x86_64 qemu-system-x86
host /usr/lib/qemu/virtiofsd qemu-system-common
host debootstrap debootstrap
host depmod kmod
host zstd zstd
host xz xz-utils

if [ "$(cat "$PREFIX/made" 2>/dev/null)" = "$made" ]; then
	echo "install-vm: already in $PREFIX"
	exit 0
fi
mkdir -p "$new/deb"

# The kernel that the metapackage depends on, without what installs it.
debs_fetch "$KERNEL_SUITE" base-files
name=$(debs_apt -s install --no-install-recommends linux-image-cloud-amd64 | sed -n 's/^Inst \(linux-image-[0-9][^ ]*\) .*/\1/p')
(cd "$new/deb" && debs_apt download "$name")
dpkg-deb --fsys-tarfile "$new"/deb/*.deb | tar -x -C "$new" ./boot ./usr/lib/modules
depmod -b "$new/usr" "${name#linux-image-}"

# Emulated, unpacking itself takes the kernel longer than all the rest of its
# start; qemu takes the plain ELF.
plain() { # MAGIC UNPACK…
	magic=$1
	shift
	for at in $(LC_ALL=C grep -abo "$(printf "$magic")" "$new"/boot/vmlinuz-* | cut -d: -f1); do
		tail -c +$((at + 1)) "$new"/boot/vmlinuz-* | "$@" >"$new/vmlinux" 2>/dev/null || :
		[ "$(head -c 4 "$new/vmlinux" | tail -c 3)" = ELF ] && return
	done
	return 1
}
plain '\375\067\172\130\132' xz -dc --single-stream || plain '\050\265\057\375' zstd -dcq || plain '\037\213\010' gzip -dc ||
	{ echo "install-vm: $name is packed in no way known here" >&2; exit 1; }
rm -rf "$new/deb" "$new/boot"

debootstrap --variant=minbase --include="$packages" "$SUITE" "$new/root" "$debs_mirror" >"$debs/log" 2>&1 || { tail -n 20 "$debs/log" >&2; exit 1; }
mkdir -p "$new/root/usr/lib/modules"
rm -rf "$new"/root/var/cache/apt/archives/*.deb "$new"/root/debootstrap "$new"/root/usr/share/doc "$new"/root/usr/share/locale
echo "$made" >"$new/made"
debs_swap "$new" "$PREFIX"
du -sh "$PREFIX/vmlinux" "$PREFIX/root"
