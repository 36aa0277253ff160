#!/bin/sh
# bench-ckpt.sh measures checkpoints by turns (scripts/frost): bin/gt-ckpt, criu
# alone, runc and Podman over that runc, the same shell with 16 and 512 MiB of
# dirty memory, the same tmpfs, in a mount namespace of its own. Podman is that of
# scripts/install-engines.sh, or this host's.
#
#   ROUNDS=10        rounds
#   MB=16,512        MiB of dirty memory
#   PEERS=DIR        where runc is (scripts/install-peers.sh)
#   CRIU_PATH=FILE   CRIU (scripts/install-criu.sh)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=$(realpath "${GT_BIN:-$here/../bin}")
[ "$(id -u)" = 0 ] || { echo "bench-ckpt: needs root" >&2; exit 1; }
criu=${CRIU_PATH:-$(command -v criu || echo /opt/criu/bin/criu)}
[ -x "$criu" ] || { "$here/install-criu.sh" && criu=/opt/criu/bin/criu; }
for p in "${PEERS:-}" /opt/gophertainer-peers /opt/peers; do
	if [ -x "$p/bin/runc" ]; then peers=$p; break; fi
done
if [ -z "${peers:-}" ]; then
	"$here/install-peers.sh"
	peers=/opt/gophertainer-peers
fi
if [ -z "${BENCH_CKPT:-}" ]; then
	"$here/install-engines.sh"
	work=$(mktemp -d /tmp/gt-frost.XXXXXX)
	# Podman leaves the group that its containers were in.
	trap 'rm -rf "$work"; find /sys/fs/cgroup/*/"${work##*/}" "/sys/fs/cgroup/${work##*/}" -depth -type d -exec rmdir {} + 2>/dev/null || :' EXIT
	trap 'exit 130' HUP INT TERM
	(cd "$here/.." && go build -o "$work/frost" ./scripts/frost)
	cp -r "$bin" "$work/bin"
	BENCH_CKPT=$work GT_BIN=$work/bin PEERS=$peers CRIU_PATH=$criu unshare --mount --propagation private "$0"
	exit
fi

# Memory, so that no disk takes part; the copies of before go with the mount.
dir=$BENCH_CKPT/tmpfs
mkdir "$dir"
mount -t tmpfs none "$dir"
root=$dir/hold/rootfs
mkdir -p "$root/bin" "$root/proc" "$root/sys" "$root/dev" "$root/tmp"
cp "$(command -v busybox)" "$root/bin/busybox"
for a in sh dd sleep cat; do ln -s busybox "$root/bin/$a"; done
mkfifo "$root/ready"
runc=$peers/bin/runc
"$runc" spec --bundle "$dir/hold"
have=$(capsh --decode="$(sed -n 's/^CapBnd:\t//p' /proc/self/status)" | sed 's/.*=//' | tr 'a-z,' 'A-Z\n' | jq -R . | jq -sc .)
# dd holds the memory and waits for a reader that has had enough.
jq --argjson have "$have" '.process.terminal = false
	| .process.capabilities[] |= map(select(. as $c | $have | index($c)))
	| .process.args = ["/bin/sh", "-c", "dd if=/dev/urandom bs=$(cat /mb)M iflag=fullblock count=1 2>/dev/null | { dd bs=1 count=1 of=/ready 2>/dev/null; exec sleep 100000; }"]' \
	"$dir/hold/config.json" >"$dir/c" && mv "$dir/c" "$dir/hold/config.json"
# CRIU wants the root to be a mount; gt-ckpt and runc see to it themselves.
mount --bind "$root" "$root"
"$criu" --version | head -n 1
"$runc" --version | head -n 1

# Podman, with everything of its own below the tmpfs.
mkdir -p "$dir/podman/t"
. "$here/podman-conf.sh"
podman_conf "$runc" >"$dir/podman/containers.conf"
export CONTAINERS_CONF="$dir/podman/containers.conf" PODMAN_IGNORE_CGROUPSV1_WARNING=1
export PATH="$PATH:/opt/gophertainer-engines/bin:$(dirname "$criu")"
unset XDG_RUNTIME_DIR
podman=$(command -v podman)
"$podman" --version
"$BENCH_CKPT/frost" -rounds "${ROUNDS:-10}" -mb "${MB:-16,512}" -dir "$dir" -criu "$criu" gt="$bin" runc="$runc" podman="$podman"
