#!/bin/sh
# need.sh GROUP… makes sure that the host has what a make target wants. It
# installs with apt what is missing, and only then, and only as root; anyone
# else is told the one command. A name that no package archive has is left to
# the tests, which skip by a condition that says what is missing.
#
# The group others unpacks what is compared with or driven by the tests below
# /opt and leaves the host's packages alone: runc and crun, CRIU, containerd,
# Docker and Podman, cnitool, checkpointctl, a root filesystem of Debian. None of it is a must.
#
#   NEED_OFFLINE=1      install nothing, only report
#   NEED_SECONDS=900    what the downloads may take that can be done without
set -eu

# wanted GROUP: lines "probe package [optional]". A probe with a slash is a
# file, else a program.
wanted() {
	case $1 in
	build)
		echo "gcc gcc"
		echo "pkg-config pkg-config"
		echo "/usr/include/seccomp.h libseccomp-dev"
		echo "/usr/include/stdlib.h libc6-dev"
		;;
	test)
		echo "busybox busybox-static optional"
		echo "jq jq optional"
		echo "strace strace optional"
		echo "zstd zstd optional"
		echo "ip iproute2 optional"
		echo "ps procps optional"
		echo "script bsdutils optional"
		for p in "nft nftables" "iptables iptables" "nc netcat-openbsd" "newuidmap uidmap" "openssl openssl" \
			"mkfs.ext4 e2fsprogs" "mkfs.btrfs btrfs-progs" "mkfs.erofs erofs-utils" "mkfs.xfs xfsprogs" \
			"mksquashfs squashfs-tools" "sfdisk fdisk" "skopeo skopeo" "umoci umoci" "buildah buildah" "curl curl" \
			"fuse-overlayfs fuse-overlayfs" "rsync rsync" "veritysetup cryptsetup-bin" "setfacl acl" "setfattr attr" \
			"minisign minisign" "pasta passt" "slirp4netns slirp4netns" "/usr/lib/cni/bridge containernetworking-plugins"; do
			echo "$p optional"
		done
		;;
	bench)
		echo "busybox busybox-static"
		echo "jq jq"
		echo "strace strace"
		echo "hyperfine hyperfine"
		;;
	others) ;;
	bench-rootfs)
		echo "/usr/bin/time time"
		for p in "bsdtar libarchive-tools" "zstd zstd" "umoci umoci" "skopeo skopeo"; do
			echo "$p optional"
		done
		;;
	bench-run)
		echo "ip iproute2"
		echo "jq jq"
		for p in "bwrap bubblewrap" "iptables iptables" "/usr/lib/cni/bridge containernetworking-plugins" "busybox busybox-static"; do
			echo "$p optional"
		done
		;;
	bench-net)
		echo "ip iproute2"
		echo "iptables iptables"
		echo "/usr/lib/cni/bridge containernetworking-plugins"
		echo "/usr/lib/podman/netavark netavark optional"
		;;
	*) echo "need: unknown group $1, need build, test, bench, bench-net, bench-rootfs, bench-run or others" >&2; exit 2 ;;
	esac
}

missing() { # GROUP… -> packages, one a line; $only filters
	for g; do wanted "$g"; done | while read -r probe package kind; do
		case $probe in
		/*) [ -e "$probe" ] && continue ;;
		*) command -v "$probe" >/dev/null 2>&1 && continue ;;
		esac
		[ -z "${hard:-}" ] || [ "$kind" != optional ] || continue
		echo "$package"
	done | sort -u
}

command -v "${GO:-go}" >/dev/null 2>&1 || {
	echo "need: Go 1.26 or newer is not in PATH: https://go.dev/dl" >&2
	exit 1
}

# left says how much of the time for what can be done without is left; a mirror
# that hangs must not take the day.
began=$(date +%s)
left() { echo $((${NEED_SECONDS:-900} - $(date +%s) + began)); }

# others runs the scripts that unpack, each twice if it fails before its time is
# over; what they could not get is skipped.
others() {
	[ "$(id -u)" = 0 ] && [ -z "${NEED_OFFLINE:-}" ] && command -v apt-get >/dev/null 2>&1 || return 0
	log=$(mktemp)
	for what in peers engines cni criu redis debian checkpointctl; do
		code=1
		for _ in 1 2; do
			if [ $code = 0 ] || [ "$(left)" -le 0 ]; then break; fi
			code=0
			timeout -k 30 "$(left)" "$(dirname "$0")/install-$what.sh" >"$log" 2>&1 </dev/null || code=$?
		done
		[ $code = 0 ] || {
			echo "need: without $what, some tests will be skipped:" >&2
			tail -n 3 "$log" >&2
		}
	done
	rm -f "$log"
}
for g; do [ "$g" != others ] || others; done

want=$(missing "$@" | tr '\n' ' ')
[ -n "$want" ] || exit 0

if [ "$(id -u)" = 0 ] && [ -z "${NEED_OFFLINE:-}" ] && command -v apt-get >/dev/null 2>&1; then
	echo "need: installing $want" >&2
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	export DEBIAN_FRONTEND=noninteractive
	apt() { apt-get -y -qq -o Acquire::Retries=3 -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1 </dev/null; }
	# get SECONDS PACKAGE…: what is downloaded is installed, however long that takes.
	get() {
		seconds=$1
		shift
		timeout -k 30 "$seconds" apt-get -y -qq -o Acquire::Retries=3 -o Acquire::http::Timeout=30 \
			--no-install-recommends --download-only install "$@" >"$log" 2>&1 </dev/null &&
			apt --no-install-recommends install "$@"
	}
	# Lists of a bare image are empty or old, and a mirror fails now and then.
	apt --error-on=any update || { sleep 5 && apt update; } || cat "$log" >&2
	# All at once, or else one by one, so that one that cannot be had does not take
	# the others along: first those that have to be there.
	each() { # SECONDS PACKAGE…
		limit=$1
		shift
		for p; do
			get "$limit" "$p" || get "$limit" "$p" || {
				echo "need: $p could not be installed:" >&2
				tail -n 3 "$log" >&2
			}
			[ "$(left)" -gt 0 ] || break
		done
	}
	get 600 $want || {
		for p in $(hard=1 missing "$@"); do each 600 "$p"; done
		[ -n "$(hard=1 missing "$@")" ] || each 120 $(missing "$@")
	}
fi

lack=$(hard=1 missing "$@" | tr '\n' ' ')
if [ -n "$lack" ]; then
	echo "need: missing: $lack- install with: sudo apt-get install -y $lack" >&2
	exit 1
fi
soft=$(missing "$@" | tr '\n' ' ')
[ -z "$soft" ] || echo "need: without $soft(sudo apt-get install -y $soft): some tests will be skipped" >&2
