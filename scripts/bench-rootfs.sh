#!/bin/sh
# bench-rootfs.sh compares gt-rootfs unpack with GNU tar, bsdtar, umoci, skopeo
# and podman on the same sources, by turns, on one file system. A line a source:
# the best time and the peak memory of each program, and how many times longer
# the fastest other one takes (the median over the rounds).
#
#   GT_BIN=bin  ROUNDS=5  BENCH_DIR=DIR  (/dev/shm: memory measures programs, not a disk)
#   ONLY=WORD   only the sources whose name holds WORD
#   QUIET=1     let the measured programs go before all others of the machine
set -eu
# A real-time class would stop what spins until another thread of it has run, as
# Go's runtime does; niceness is counted within a session only (sched(7)).
if [ -n "${QUIET:-}" ]; then
	[ -n "${GT_SESSION:-}" ] || GT_SESSION=1 exec setsid -w "$0" "$@"
	if [ -e /proc/self/autogroup ]; then echo -18 >/proc/self/autogroup; fi
	renice -n -15 -p $$ >/dev/null
fi
bin=${GT_BIN:-bin} rounds=${ROUNDS:-5} only=${ONLY:-}
dir=${BENCH_DIR:-/dev/shm}/gt-bench-$$ # lower case: podman takes paths for names
mkdir "$dir"
trap 'loosen; rm -rf "$dir"' EXIT
trap 'exit 130' HUP INT TERM
gt=$(cd "$bin" && pwd)/gt-rootfs
export GOPHERTAINER_STORE=$dir/store PATH="$PATH:/opt/gophertainer-engines/bin"

have() { command -v "$1" >/dev/null 2>&1 || { echo "bench-rootfs: without $1" >&2; return 1; }; }

# loosen takes off what other tools leave mounted.
loosen() {
	awk -v d="$dir/" 'index($5, d) == 1 {print $5}' /proc/self/mountinfo | sort -r | while read -r m; do umount "$m"; done
}

# clock NAME COMMAND… notes the time and the peak memory of one run.
clock() {
	name=$1
	shift
	loosen
	rm -rf "$dir/out" "$dir/store"
	mkdir "$dir/out"
	begin=$(date +%s%N)
	/usr/bin/time -o "$dir/peak" -f %M timeout -k 1 300 "$@" >/dev/null 2>"$dir/said" </dev/null || {
		echo "bench-rootfs: $name: $(head -n 1 "$dir/said")" >&2
		return
	}
	end=$(date +%s%N)
	echo "$round $name $(((end - begin) / 1000)) $(tail -n 1 "$dir/peak")" >>"$dir/times"
}

report() {
	[ -e "$dir/times" ] || return 0
	awk -v what="$1" '
		!($2 in best) { order[++n] = $2; best[$2] = $3; peak[$2] = 0 }
		{ best[$2] = $3 < best[$2] ? $3 : best[$2]; peak[$2] = $4 > peak[$2] ? $4 : peak[$2] }
		$2 == "gt-rootfs" { own[$1] = $3; next }
		!($1 in other) || $3 < other[$1] { other[$1] = $3 }
		END {
			for (r in own) if (r in other) {
				q = other[r] / own[r]
				for (i = k++; i > 0 && list[i-1] > q; i--) list[i] = list[i-1]
				list[i] = q
			}
			for (i = 1; i <= n; i++) line = line sprintf("  %s %.3f s %d MB", order[i], best[order[i]] / 1e6, peak[order[i]] / 1024)
			if (k) line = line sprintf("  = %.2fx", k % 2 ? list[(k-1)/2] : (list[k/2-1] + list[k/2]) / 2)
			printf "%-22s%s\n", what, line
		}' "$dir/times"
	rm "$dir/times"
}

# wanted NAME: whether ONLY lets it be measured.
wanted() { case $1 in *"$only"*) ;; *) return 1 ;; esac; }

archive() {
	wanted "$(basename "$1")" || return 0
	for round in $(seq "$rounds"); do
		clock gt-rootfs "$gt" unpack "$1" "$dir/out/b"
		clock tar tar -C "$dir/out" --xattrs --xattrs-include='*' --numeric-owner -xpf "$1"
		! $bsdtar || clock bsdtar bsdtar -C "$dir/out" --numeric-owner -xpf "$1"
	done
	report "$(basename "$1")"
	rm "$1"
}

image() {
	for round in $(seq "$rounds"); do
		clock gt-rootfs "$gt" unpack --driver copy "$1" "$dir/out/b"
		clock umoci umoci unpack --image "$1:latest" "$dir/out/b"
	done
	report "10-layers, one tree"
	for round in $(seq "$rounds"); do
		clock gt-rootfs "$gt" unpack --driver overlay "$1" "$dir/out/b"
		! $podman || clock podman podman --runtime "$(dirname "$gt")/gt-oci" --root "$dir/out/s" --runroot "$dir/out/r" --storage-driver overlay pull -q "oci:$1:latest"
		! $skopeo || clock skopeo skopeo copy -q "oci:$1:latest" "containers-storage:[overlay@$dir/out/s+$dir/out/r]x:y"
	done
	report "10-layers, in a store"
}

have /usr/bin/time || exit 1
bsdtar=false skopeo=false podman=false umoci=false
for p in bsdtar skopeo podman umoci; do ! have $p || eval "$p=true"; done

debian=/opt/gophertainer-debian/root.tar.gz # of install-debian.sh
if [ -e "$debian" ] && wanted debian-minbase.tar.gz.zst; then
	gzip -dc "$debian" >"$dir/debian-minbase.tar"
	gzip -c "$dir/debian-minbase.tar" >"$dir/debian-minbase.tar.gz"
	! have zstd || zstd -q "$dir/debian-minbase.tar" -o "$dir/debian-minbase.tar.zst"
	for f in "$dir"/debian-minbase.tar*; do archive "$f"; done
fi

if wanted 100000-small.tar || wanted 10-layers; then
	mkdir "$dir/many"
	awk -v d="$dir/many" 'BEGIN {
		for (i = 0; i < 500; i++) {
			system("mkdir " d "/" i)
			for (j = 0; j < 200; j++) { f = d "/" i "/" j; for (k = 0; k < j; k++) printf "%s", "some content " > f; print "" > f; close(f) }
		}
	}'
	tar -C "$dir/many" -cf "$dir/100000-small.tar" .
	if $umoci && wanted 10-layers; then
		umoci init --layout "$dir/oci" && umoci new --image "$dir/oci:latest"
		for i in 0 1 2 3 4 5 6 7 8 9; do
			tar -C "$dir/many" -cf "$dir/layer.tar" $(seq $((i * 50)) $((i * 50 + 49)))
			umoci raw add-layer --image "$dir/oci:latest" "$dir/layer.tar"
		done
	fi
	rm -rf "$dir/many" "$dir/layer.tar"
	archive "$dir/100000-small.tar"
	rm -f "$dir/100000-small.tar"
fi

if wanted 2-GB.tar; then
	head -c 2147483648 /dev/zero | tr '\0' 'x' >"$dir/2-GB"
	tar -C "$dir" -cf "$dir/2-GB.tar" 2-GB
	rm "$dir/2-GB"
	archive "$dir/2-GB.tar"
fi
! $umoci || ! wanted 10-layers || image "$dir/oci"
