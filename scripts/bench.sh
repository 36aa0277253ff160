#!/bin/sh
# bench.sh compares bin/gt-oci with crun and runc: by turns (scripts/turns) and
# in one hyperfine run, all in one private mount namespace that has cgroup2
# alone, since crun refuses a host with both. What cannot be measured is named.
#
#   ROUNDS=60      rounds, and hyperfine's runs
#   BENCH_ONLY=…   turns measures only run, seccomp, life or crowd; the rest is left out;
#                  plugin measures what a security plugin costs; parallel measures 64 and
#                  256 births at once, and then as list does: each verb on an empty host and
#                  beside ALIVE (1000) running containers
#   PEERS=DIR      where crun and runc are (scripts/install-peers.sh)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
rounds=${ROUNDS:-60}
bin=${GT_BIN:-$here/../bin}
[ "$(id -u)" = 0 ] || { echo "bench: needs root" >&2; exit 1; }

# Outside: peers, bundles, the program that takes turns.
if [ -z "${BENCH_INSIDE:-}" ]; then
	for p in "${PEERS:-}" /opt/gophertainer-peers /opt/peers; do
		if [ -x "$p/bin/crun" ]; then peers=$p; break; fi
	done
	if [ -z "${peers:-}" ]; then
		"$here/install-peers.sh"
		peers=/opt/gophertainer-peers
	fi
	work=$(mktemp -d /tmp/gt-bench.XXXXXX)
	trap 'rm -rf "$work"' EXIT
	(cd "$here/.." && go build -o "$work/turns" ./scripts/turns)
	(cd "$here/../examples/plugins" && CGO_ENABLED=0 go build -o "$work/plugins/" ./gatekeeper)
	# A copy: a build beside the measurement would change the contestant.
	if [ -d "$bin" ]; then cp -r "$bin" "$work/bin" && bin=$work/bin; fi
	export BENCH_INSIDE="$work" PEERS="$peers" GT_BIN="$bin"
	"$here/../testscripts/path/v2-only" "$0"
	exit
fi

work=$BENCH_INSIDE crun=$PEERS/bin/crun runc=$PEERS/bin/runc
contest=
if [ -x "$bin/gt-oci" ]; then contest="gt-oci=$bin/gt-oci"; else echo "bench: no $bin/gt-oci: the peers alone"; fi
contest="$contest crun=$crun runc=$runc"

bundle() { # NAME JQ-FILTER
	mkdir -p "$work/$1"
	"$runc" spec --bundle "$work/$1"
	# A capability that this process cannot give makes runc fail without saying why.
	jq --argjson have "$have" '.process.terminal = false | .root.path = "'"$work"'/rootfs"
		| .process.capabilities[] |= map(select(. as $c | $have | index($c)))
		| '"$2" "$work/$1/config.json" >"$work/c" && mv "$work/c" "$work/$1/config.json"
}
have=$(capsh --decode="$(sed -n 's/^CapBnd:\t//p' /proc/self/status)" 2>/dev/null |
	sed 's/.*=//' | tr 'a-z,' 'A-Z\n' | jq -R . | jq -sc .) || have=
case $have in *CAP_*) ;; *) have='["CAP_AUDIT_WRITE","CAP_KILL","CAP_NET_BIND_SERVICE"]' ;; esac

mkdir -p "$work/rootfs/bin" "$work/rootfs/proc" "$work/rootfs/sys" "$work/rootfs/dev"
cp "$(command -v busybox)" "$work/rootfs/bin/busybox"
for a in true sleep sh; do ln -s busybox "$work/rootfs/bin/$a"; done
bundle true '.process.args = ["/bin/true"]'
bundle sleep '.process.args = ["/bin/sleep", "1000"]'
if [ -x "$bin/gt-seccomp" ] && "$bin/gt-seccomp" default >"$work/profile"; then
	bundle seccomp ".process.args = [\"/bin/true\"] | .linux.seccomp = $(cat "$work/profile")"
fi

# A security plugin: none, one that serve keeps, one that is started each time.
plugins() {
	[ -x "$bin/gt-plugin" ] || return 0
	echo "== one security plugin: none, kept by gt-plugin serve, started for each container"
	export GOPHERTAINER_PLUGIN_DIRS="$work/plugins"
	for how in kept started; do "$bin/gt-plugin" --root "$work/$how" load gatekeeper; done
	"$bin/gt-plugin" --root "$work/kept" serve &
	server=$!
	while [ ! -S "$work/kept/.plugins/serve.sock" ]; do sleep 0.05; done
	set --
	for how in none kept started; do set -- "$@" "$how=$bin/gt-oci --root $work/$how run --bundle $work/true $how"; done
	"$work/turns" -rounds "$rounds" -commands run "$@"
	kill "$server" && wait "$server"
	for how in kept started; do "$bin/gt-plugin" --root "$work/$how" unload gatekeeper; done
	echo "   to reach: kept 1 ms more than none, started 10 ms more"
}
if [ "${BENCH_ONLY:-}" = plugin ]; then plugins; exit; fi

if [ "${BENCH_ONLY:-}" = parallel ]; then
	echo "== at once, by turns: median (best), then the median of the ratios round by round"
	# shellcheck disable=SC2086
	"$work/turns" -rounds "$rounds" -dir "$work" -only crowd -crowd 64,256 $contest
	echo "   to reach: 0.83 of crun, which is 1.2 times as many in the same time"
fi
if [ "${BENCH_ONLY:-}" = parallel ] || [ "${BENCH_ONLY:-}" = list ]; then
	echo "== each verb on an empty host, and beside many running containers"
	# shellcheck disable=SC2086
	"$work/turns" -rounds "$((rounds / 3))" -dir "$work" -alive "${ALIVE:-1000}" ${ALIVE_OF:-$contest}
	echo "   to reach: gt-oci's state and create at most 2.00; list has its price for each"
	exit
fi

echo "== by turns: median (best), then the median of the ratios round by round"
# shellcheck disable=SC2086
"$work/turns" -rounds "$rounds" -dir "$work" ${BENCH_ONLY:+-only "$BENCH_ONLY"} $contest
[ -z "${BENCH_ONLY:-}" ] || exit 0
echo "   to reach: run 0.75 of crun and 0.30 of runc, with seccomp too; every other verb 1.00 of crun"

echo "== hyperfine, run /bin/true"
set --
for c in $contest; do set -- "$@" -n "${c%%=*}" "${c#*=} --root $work/hf-${c%%=*} run --bundle $work/true hf-${c%%=*}"; done
hyperfine -N --warmup 5 --runs "$rounds" --style basic "$@" 2>/dev/null

# Some versions of busybox take the kernel's kilobytes for pages.
peak() { busybox time -v "$@" 2>&1 | sed -n 's/.*Maximum resident set size (kbytes): //p'; }
unit=$((($(peak dd if=/dev/zero of=/dev/null bs=32M count=1) + 16384) / 32768))

plugins

echo "== a birth: processes, threads, execs, system calls (strace -f), peak RSS"
for c in $contest; do
	n=${c%%=*}
	cmd="${c#*=} --root $work/st-$n run --bundle $work/true st-$n"
	strace -f -qq -o "$work/st" -e trace=clone,clone3,fork,vfork,execve $cmd
	strace -f -qq -c -o "$work/sc" $cmd
	threads=$(grep -cE 'CLONE_THREAD.* = [0-9]' "$work/st" || true)
	# A call that another process interrupted ends on a line of its own.
	clones=$(grep -E '(clone3?|v?fork).* = [1-9][0-9]*$' "$work/st" | grep -cv CLONE_THREAD || true)
	execs=$(grep -cE 'execve.* = 0$' "$work/st" || true)
	calls=$(awk '/ total$/ { print $4 }' "$work/sc")
	rss=$(($(peak $cmd) / unit))
	printf '%-8s %3s forks %3s threads %3s execs %6s calls %6s kB at most\n' "$n" "$clones" "$threads" "$execs" "$calls" "$rss"
done

echo "== a created container that waits to be started"
for c in $contest; do
	n=${c%%=*} rt="${c#*=} --root $work/pk-${c%%=*}"
	$rt create --bundle "$work/sleep" --pid-file "$work/pid" "pk-$n" </dev/null >/dev/null 2>&1
	pid=$(cat "$work/pid")
	awk -v n="$n" -v fds="$(ls /proc/"$pid"/fd | wc -l)" '/^(Rss|Private_Dirty):/ { v[$1] = $2 }
		END { printf "%-8s private dirty %5d kB, RSS %6d kB, %d descriptors\n", n, v["Private_Dirty:"], v["Rss:"], fds }' "/proc/$pid/smaps_rollup"
	$rt delete --force "pk-$n"
done

echo "== size of each binary"
for f in "$bin"/g* "$crun" "$runc"; do [ -f "$f" ] && printf '%9d  %s\n' "$(stat -c %s "$f")" "${f##*/}"; done
