#!/bin/sh
# bench-net.sh measures attach and detach, by turns: gt-net against the chain
# bridge, portmap, firewall of the CNI plugins (host-local addresses), run by
# libcni in gt-net --cni, and in cnitool if that is in PATH. Alone, and MANY at
# once. All of it in a network namespace of its own.
#
#	GT_BIN=DIR  the binaries to measure (bin)
#	TURNS=N     pairs alone (20)     MANY=N  containers at once (64)
#	CNI_BIN=DIR the plugins (/usr/lib/cni)
set -eu
GT_BIN=$(realpath "${GT_BIN:-bin}")
if [ -z "${BENCH_NET:-}" ]; then
	BENCH_NET=1 exec unshare --net sh "$0" "$@"
fi
TURNS=${TURNS:-20} MANY=${MANY:-64} CNI_PATH=${CNI_BIN:-/usr/lib/cni}
for p in bridge host-local portmap firewall; do
	[ -x "$CNI_PATH/$p" ] || { echo "bench-net: no $CNI_PATH/$p: apt-get install containernetworking-plugins iptables" >&2; exit 1; }
done
dir=$(mktemp -d)
pids=
trap 'kill -9 $pids 2>/dev/null || true; rm -rf "$dir"' EXIT
export GOPHERTAINER_ROOT="$dir/state" CNI_PATH NETCONFPATH="$dir" PATH="$GT_BIN:$PATH"
cat >"$dir/chain.conflist" <<EOF
{"cniVersion": "1.0.0", "name": "chain", "plugins": [
 {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
  "ipam": {"type": "host-local", "dataDir": "$dir/ipam", "ranges": [[{"subnet": "10.33.0.0/16"}], [{"subnet": "fd33::/64"}]]}},
 {"type": "portmap", "capabilities": {"portMappings": true}},
 {"type": "firewall"}]}
EOF
ip link set lo up
n=0
while [ $n -lt "$MANY" ]; do
	unshare --net sleep 600 </dev/null >/dev/null 2>&1 &
	pids="$pids $!"
	eval "pid$n=$!"
	n=$((n + 1))
done
for p in $pids; do
	while [ "$(readlink "/proc/$p/ns/net")" = "$(readlink "/proc/$$/ns/net")" ]; do :; done
done
way() { # WAY up|down N PID
	case $1.$2 in
	ours.up) gt-net up --bridge gt9 --publish $((8000 + $3)):80 --netns "/proc/$4/ns/net" "n$3" 2>/dev/null ;;
	chain.up) gt-net up --cni chain --cni-conf "$dir" --cni-bin "$CNI_PATH" --publish $((20000 + $3)):80 --netns "/proc/$4/ns/net" "n$3" ;;
	*.down) gt-net down "n$3" ;;
	esac
}
now() { date +%s%N; }
median() { sort -n | awk '{v[NR] = $1} END {printf "%.1f", v[int((NR + 1) / 2)]}'; }
# once WAY adds the milliseconds of up and down to files.
once() {
	for verb in up down; do
		t=$(now)
		way "$1" $verb 0 "$pid0"
		echo $((($(now) - t) / 1000)) | awk '{print $1 / 1000}' >>"$dir/$1.$verb"
	done
}
# crowd WAY VERB prints the milliseconds that all of them take.
crowd() {
	t=$(now)
	i=0
	waits=
	while [ $i -lt "$MANY" ]; do
		eval "way $1 $2 $i \$pid$i &"
		waits="$waits $!"
		i=$((i + 1))
	done
	for w in $waits; do wait "$w" || echo "bench-net: $1 $2 failed" >&2; done
	echo $((($(now) - t) / 1000000))
}
# The bridges stay, as on a host that is in use.
way ours up 1 "$pid1"
way chain up 2 "$(echo $pids | cut -d' ' -f3)"
i=0
while [ $i -lt "$TURNS" ]; do
	once ours
	once chain
	i=$((i + 1))
done
way ours down 1 "$pid1"
way chain down 2 x
for verb in up down; do
	ours=$(median <"$dir/ours.$verb") chain=$(median <"$dir/chain.$verb")
	ratio=$(paste "$dir/ours.$verb" "$dir/chain.$verb" | awk '{print $1 / $2}' | sort -n | awk '{v[NR] = $1} END {printf "%.2f", v[int((NR + 1) / 2)]}')
	echo "alone $verb: gt-net $ours ms, chain $chain ms, median of ratios $ratio"
	eval "alone_ours_$verb=$ours alone_chain_$verb=$chain"
done
for w in ours chain; do
	for verb in up down; do eval "many_${w}_$verb=$(crowd $w $verb)"; done
done
for verb in up down; do
	eval "o=\$many_ours_$verb c=\$many_chain_$verb ao=\$alone_ours_$verb ac=\$alone_chain_$verb"
	awk -v v=$verb -v n="$MANY" -v o="$o" -v c="$c" -v ao="$ao" -v ac="$ac" 'BEGIN {
		printf "%d at once %s: gt-net %d ms, chain %d ms, ratio %.2f; against as many alone: gt-net %.2f, chain %.2f\n", n, v, o, c, o / c, o / (n * ao), c / (n * ac)}'
done
