#!/bin/sh
# bench-rootfs.sh compares gt-rootfs unpack with GNU tar, bsdtar, umoci and
# skopeo with umoci on the same sources, by turns, on one file system. It prints
# the best time of each, and how many times longer the fastest other one takes.
#
#   GT_BIN=bin  ROUNDS=3  BENCH_DIR=DIR  (a tmpfs measures programs, not a disk)
set -eu
bin=${GT_BIN:-bin}
rounds=${ROUNDS:-3}
dir=${BENCH_DIR:-/dev/shm}/gt-bench-$$ # lower case: podman takes paths for names
mkdir "$dir"
trap 'loosen; rm -rf "$dir"' EXIT
cache=/var/tmp/gt-cache
gt=$(cd "$bin" && pwd)/gt-rootfs
export GOPHERTAINER_STORE=$dir/store

have() { command -v "$1" >/dev/null 2>&1; }

# loosen takes off what other tools leave mounted.
loosen() {
	awk -v d="$dir/" 'index($5, d) == 1 {print $5}' /proc/self/mountinfo | sort -r | while read -r m; do umount "$m"; done
}

# clock NAME COMMAND… appends the time of one run.
clock() {
	name=$1
	shift
	loosen
	rm -rf "$dir/out" "$dir/store"
	mkdir "$dir/out"
	begin=$(date +%s%N)
	timeout -k 1 120 "$@" >/dev/null 2>"$dir/said" || { echo "bench-rootfs: $name: $(head -1 "$dir/said")" >&2; return; }
	end=$(date +%s%N)
	echo "$name $(((end - begin) / 1000))" >>"$dir/times"
}

report() {
	sort -k1,1 -k2,2n "$dir/times" | awk -v what="$1" '
		!($1 in best) { best[$1] = $2; order[++n] = $1 }
		END {
			for (i = 1; i <= n; i++) {
				line = line sprintf("  %s %.3f s", order[i], best[order[i]] / 1e6)
				if (order[i] != "gt-rootfs" && (!least || best[order[i]] < least)) least = best[order[i]]
			}
			printf "%-24s%s  = %.2fx\n", what, line, least / best["gt-rootfs"]
		}'
	rm "$dir/times"
}

archive() {
	for _ in $(seq "$rounds"); do
		clock gt-rootfs "$gt" unpack "$1" "$dir/out/b"
		clock tar tar -C "$dir/out" --xattrs --xattrs-include='*' --numeric-owner -xpf "$1"
		! have bsdtar || clock bsdtar bsdtar -C "$dir/out" --numeric-owner -xpf "$1"
	done
	report "$(basename "$1")"
}

image() {
	for _ in $(seq "$rounds"); do
		clock gt-rootfs "$gt" unpack --driver copy "$1" "$dir/out/b"
		clock umoci umoci unpack --image "$1:latest" "$dir/out/b"
	done
	report "10 layers, one tree"
	for _ in $(seq "$rounds"); do
		clock gt-rootfs "$gt" unpack --driver overlay "$1" "$dir/out/b"
		! have podman || clock podman podman --root "$dir/out/s" --runroot "$dir/out/r" --storage-driver overlay pull -q "oci:$1:latest"
		! have skopeo || clock skopeo skopeo copy -q "oci:$1:latest" "containers-storage:[overlay@$dir/out/s+$dir/out/r]x:y"
	done
	report "10 layers, in a store"
}

for f in "$cache"/debian-minbase.tar.gz "$cache"/debian-minbase.tar.zst "$cache"/debian-minbase.tar; do
	[ ! -e "$f" ] || archive "$f"
done

mkdir "$dir/many"
awk -v d="$dir/many" 'BEGIN {
	for (i = 0; i < 500; i++) {
		system("mkdir " d "/" i)
		for (j = 0; j < 200; j++) { f = d "/" i "/" j; for (k = 0; k < j; k++) printf "%s", "some content " > f; print "" > f; close(f) }
	}
}'
tar -C "$dir/many" -cf "$dir/100000-small.tar" .
if have umoci; then
	umoci init --layout "$dir/oci" && umoci new --image "$dir/oci:latest"
	for i in 0 1 2 3 4 5 6 7 8 9; do
		tar -C "$dir/many" -cf "$dir/layer.tar" $(seq $((i * 50)) $((i * 50 + 49)))
		umoci raw add-layer --image "$dir/oci:latest" "$dir/layer.tar"
	done
fi
rm -rf "$dir/many" "$dir/layer.tar"
archive "$dir/100000-small.tar"
rm "$dir/100000-small.tar"
head -c 2147483648 /dev/zero | tr '\0' 'x' >"$dir/2-GB"
tar -C "$dir" -cf "$dir/2-GB.tar" 2-GB
rm "$dir/2-GB"
archive "$dir/2-GB.tar"
peak=$(/usr/bin/time -f %M "$gt" unpack "$dir/2-GB.tar" "$dir/out/p" 2>&1 >/dev/null | tail -1 || true)
echo "peak memory of 2-GB.tar: $peak KiB"
rm -rf "$dir/2-GB.tar" "$dir/out"
mkdir "$dir/out"
! have umoci || image "$dir/oci"
