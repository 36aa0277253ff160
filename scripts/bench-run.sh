#!/bin/sh
# bench-run.sh compares gt-run with what people use, by turns (scripts/turns): a
# container of a directory with podman and docker, without and with a network,
# the host sandbox with bwrap, and a crowd of detached containers with podman
# (conmon) and containerd (its shim). Engines, networks and state are private and
# gone afterwards. What cannot be measured is named.
#
#   ROUNDS=20  rounds          MANY=100  detached containers
#   BENCH_ONLY=run|net|host|many
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ "$(id -u)" = 0 ] || { echo "bench-run: needs root" >&2; exit 1; }
if [ -z "${BENCH_RUN:-}" ]; then
	work=$(mktemp -d /var/tmp/gt-bench.XXXXXX)
	export BENCH_RUN="$work" ENGINES="${ENGINES:-/opt/gophertainer-engines}"
	mkdir "$work/bin"
	cp "${GT_BIN:-$here/../bin}"/gt-* "$work/bin"
	(cd "$here/.." && go build -o "$work/turns" ./scripts/turns)
	code=0
	unshare --net --mount --propagation private "$0" "$@" || code=$?
	rm -rf "$work"
	exit $code
fi
work=$BENCH_RUN rounds=${ROUNDS:-20} many=${MANY:-100}
peers=${PEERS:-/opt/gophertainer-peers}
export PATH="$work/bin:$PATH:$ENGINES/bin:/usr/sbin:/sbin" GOPHERTAINER_DATA="$work/data" GOPHERTAINER_ROOT=/run/oci-runtime
unset XDG_RUNTIME_DIR
ip link set lo up
mount -t tmpfs none /run
gt-box install "$work/r"
runc=$peers/bin/runc
[ -x "$runc" ] || runc=$(command -v runc || true)
[ ! -x "$runc" ] || ln -s "$runc" "$work/bin/runc" # dockerd looks for it in PATH
have() { command -v "$1" >/dev/null 2>&1 || { echo "bench-run: no $1, not measured"; return 1; }; }
wants() { [ -z "${BENCH_ONLY:-}" ] || [ "$BENCH_ONLY" = "$1" ]; }
daemons=
end() { for d in $daemons; do kill "$d" 2>/dev/null && wait "$d" 2>/dev/null || :; done; }
trap end EXIT
up() { for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done; "$@"; }

# Podman, with its storage and networks here.
if have podman; then
	mkdir -p "$work/p/tmp" "$work/p/net"
	. "$here/podman-conf.sh"
	podman_conf "$runc" >"$work/p/containers.conf"
	cat >>"$work/p/containers.conf" <<CONFIG
[network]
network_backend = "cni"
cni_plugin_dirs = ["/usr/lib/cni"]
network_config_dir = "$work/p/net"
CONFIG
	export CONTAINERS_CONF="$work/p/containers.conf" PODMAN_IGNORE_CGROUPSV1_WARNING=1
	podman="podman --root $work/p/root --runroot /run/p --tmpdir $work/p/tmp --storage-driver vfs"
	$podman info >/dev/null 2>&1 || { echo "bench-run: podman does not start, not measured"; podman=; }
fi
# Docker, with an image that is tiny.
if have dockerd; then
	echo '{}' >"$work/daemon.json"
	export DOCKER_HOST=unix:///run/docker.sock
	mkdir -p "$work/d"
	dockerd --config-file "$work/daemon.json" --data-root "$work/d" --exec-root /run/docker --pidfile /run/docker.pid \
		--host "$DOCKER_HOST" --exec-opt native.cgroupdriver=cgroupfs --log-level error >"$work/d.log" 2>&1 &
	daemons=$!
	if up docker version && tar -C "$work/r" -c . | docker import - tiny >/dev/null; then docker=1; else
		docker=
		tail -n 3 "$work/d.log"
		echo "bench-run: dockerd does not start, not measured"
	fi
fi
compare() { "$work/turns" -rounds "$rounds" -commands "$@"; }

if wants run; then
	echo "== run --rm /bin/true from a directory (docker: an image), no network"
	set -- "gt-run=gt-run --rm --rootfs $work/r -- /bin/true"
	[ -z "${podman:-}" ] || set -- "$@" "podman=$podman run --rm --network none --rootfs $work/r /bin/true"
	[ -z "${docker:-}" ] || set -- "$@" "docker=docker run --rm --network none tiny /bin/true"
	compare "without network" "$@"
	echo "   to reach: 0.15 of each"
fi
if wants net; then
	echo "== the same with a bridge, an address and masquerading"
	# The bridges stay, as on a host that is in use; Docker's always does.
	gt-run -d --name holder --net bridge --rootfs "$work/r" -- sleep 1000 >/dev/null
	set -- "gt-run=gt-run --rm --net bridge --rootfs $work/r -- /bin/true"
	[ -z "${podman:-}" ] || [ ! -x /usr/lib/cni/bridge ] || ! $podman run --rm --network podman --rootfs "$work/r" /bin/true 2>"$work/e" ||
		set -- "$@" "podman=$podman run --rm --network podman --rootfs $work/r /bin/true"
	[ -z "${docker:-}" ] || ! docker run --rm tiny /bin/true || set -- "$@" "docker=docker run --rm tiny /bin/true"
	case $* in *podman=*) ;; *) echo "   podman has no network here: $(tail -n 1 "$work/e" 2>/dev/null)" ;; esac
	compare "with network" "$@"
	gt-run rm -f holder
	echo "   to reach: 0.15 of each"
fi
if wants host && have bwrap; then
	echo "== the host sandbox: a view of / in which nothing stays, no network"
	tmp="--tmpfs /home --tmpfs /root --tmpfs /run --tmpfs /tmp --tmpfs /var/tmp"
	line="bwrap --ro-bind / / --dev /dev --proc /proc --unshare-all --hostname box --die-with-parent --new-session $tmp"
	# The same namespaces and empty directories, and what people write no more of; then with
	# the files and directories hidden that gt-run hides, and writable if bwrap can (0.11).
	gt-rootfs unpack --cwd / host "$work/h" >/dev/null
	hide=$(jq -r '.linux.maskedPaths[]' "$work/h/config.json" | while read -r p; do
		if [ -d "$p" ]; then echo "--tmpfs $p"; elif [ -e "$p" ]; then echo "--ro-bind /dev/null $p"; fi
	done)
	gt-rootfs rm "$work/h"
	! bwrap --help 2>&1 | grep -q tmp-overlay || hide="--overlay-src / --tmp-overlay / --dev /dev --proc /proc $tmp $hide"
	gt-run -- true # its filter is kept from now on
	compare "host sandbox" "gt-run=gt-run -- true" "bwrap=$line true" "bwrap-hiding=$line $(echo $hide) true"
	echo "   to reach: 1.5 of bwrap, which has no overlay, filter, cgroup and masks here"
fi
wants many || exit 0
# crowd NAME PROCESS COMMAND…: starts $many, four at a time, and weighs what stays.
crowd() {
	name=$1 process=$2
	shift 2
	t=$(date +%s%N)
	seq "$many" | xargs -P 4 -I{} "$@" >/dev/null 2>"$work/crowd.$name" || { echo "$name: $(head -n 1 "$work/crowd.$name")"; return 0; }
	t=$((($(date +%s%N) - t) / 1000000))
	n=0 sum=0
	for p in $(pgrep -x "$process" | sort -n); do
		# Ours alone: the others of this machine have another mount namespace.
		[ "$(readlink "/proc/$p/ns/mnt")" = "$(readlink /proc/$$/ns/mnt)" ] || continue
		kb=$(awk '/^Private_(Clean|Dirty):/ { s += $2 } END { print s + 0 }' "/proc/$p/smaps_rollup" 2>/dev/null || echo 0)
		n=$((n + 1)) sum=$((sum + kb))
	done
	[ "$n" -gt 0 ] || n=1
	printf '%-12s %4d started in %6d ms, %5.1f a second; %3d x %s: private %6d kB each\n' "$name" "$many" "$t" \
		"$(echo "$many $t" | awk '{ print $1 * 1000 / $2 }')" "$n" "$process" $((sum / n))
}
echo "== $many detached containers of a directory, four starts at a time"
crowd gt-run gt-mon gt-run -d --name 'gt{}' --rootfs "$work/r" -- sleep 1000
idle=$(pgrep -x gt-mon | while read -r p; do [ "$(readlink "/proc/$p/ns/mnt")" != "$(readlink /proc/$$/ns/mnt)" ] || cat "/proc/$p/task/"*/status; done | awk '/ctxt_switches/ { s += $2 } END { print s + 0 }')
sleep 20
now=$(pgrep -x gt-mon | while read -r p; do [ "$(readlink "/proc/$p/ns/mnt")" != "$(readlink /proc/$$/ns/mnt)" ] || cat "/proc/$p/task/"*/status; done | awk '/ctxt_switches/ { s += $2 } END { print s + 0 }')
echo "             idle for 20 s: $((now - idle)) context switches of all monitors together"
seq "$many" | sed 's/^/gt/' | xargs -n 25 gt-run rm -f
if [ -n "${podman:-}" ]; then
	crowd podman conmon $podman run -d --network none --name 'pd{}' --rootfs "$work/r" sleep 1000
	$podman rm -af -t 0 >/dev/null 2>&1 || :
fi
if have ctr && have containerd; then
	cat >"$work/c.toml" <<CONFIG
version = 2
root = "$work/c/root"
state = "/run/c"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "/run/c.sock"
CONFIG
	containerd --config "$work/c.toml" --log-level error >"$work/c.log" 2>&1 &
	daemons="$daemons $!"
	export CONTAINERD_ADDRESS=/run/c.sock
	up ctr version
	crowd containerd containerd-shim ctr run -d --rootfs --runtime io.containerd.runc.v2 --runc-binary "$runc" "$work/r" 'cd{}' /bin/sleep 1000
	ctr tasks ls -q | xargs -r -n 1 ctr tasks kill -s KILL
	ctr tasks ls -q | xargs -r -n 25 ctr tasks rm -f >/dev/null 2>&1 || :
	ctr containers ls -q | xargs -r -n 25 ctr containers rm >/dev/null 2>&1 || :
fi
