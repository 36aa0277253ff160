#!/bin/sh
# bench-net.sh measures attach and detach, by turns: gt-net against the chain
# bridge, portmap, firewall of the CNI plugins (host-local addresses), run by
# libcni in gt-net --cni, and against netavark if it is there, to which the
# caller says the addresses. Alone, and MANY at once. All of it in a network
# namespace of its own.
#
#	GT_BIN=DIR  the binaries to measure (bin)
#	TURNS=N     pairs alone (20)     MANY=N  containers at once (64)
#	CNI_BIN=DIR the plugins (/usr/lib/cni)
#	NETAVARK=FILE (/usr/lib/podman/netavark)
set -eu
GT_BIN=$(realpath "${GT_BIN:-bin}")
if [ -z "${BENCH_NET:-}" ]; then
	BENCH_NET=1 exec unshare --net sh "$0" "$@"
fi
TURNS=${TURNS:-20} MANY=${MANY:-64} CNI_PATH=${CNI_BIN:-/usr/lib/cni}
for p in bridge host-local portmap firewall; do
	[ -x "$CNI_PATH/$p" ] || { echo "bench-net: no $CNI_PATH/$p: apt-get install containernetworking-plugins iptables" >&2; exit 1; }
done
NETAVARK=${NETAVARK:-/usr/lib/podman/netavark}
peers=chain
if [ -x "$NETAVARK" ]; then peers="chain netavark"; else echo "bench-net: no $NETAVARK: apt-get install netavark" >&2; fi
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
# netavark is told everything, the addresses too, on stdin. It cannot stand
# beside itself: Podman holds a lock around it.
netavark() { # setup|teardown N PID
	flock "$dir/nv.lock" "$NETAVARK" --config "$dir/nv" "$1" "/proc/$3/ns/net" >/dev/null <<EOF
{"container_id": "n$2", "container_name": "n$2",
 "networks": {"nv": {"static_ips": ["10.44.1.$(($2 + 1))", "fd44::1:$(($2 + 1))"], "interface_name": "eth0"}},
 "network_info": {"nv": {"name": "nv", "id": "2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9",
  "driver": "bridge", "network_interface": "nv0", "ipv6_enabled": true, "internal": false, "dns_enabled": false,
  "subnets": [{"subnet": "10.44.0.0/16", "gateway": "10.44.0.1"}, {"subnet": "fd44::/64", "gateway": "fd44::1"}],
  "ipam_options": {"driver": "host-local"}}},
 "port_mappings": [{"host_ip": "", "container_port": 80, "host_port": $((30000 + $2)), "range": 1, "protocol": "tcp"}]}
EOF
}
mkdir "$dir/nv"
way() { # WAY up|down N PID
	case $1.$2 in
	netavark.up) netavark setup "$3" "$4" ;;
	netavark.down) netavark teardown "$3" "$4" ;;
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
third() { echo $pids | cut -d' ' -f"$1"; }
way ours up 1 "$(third 2)"
way chain up 2 "$(third 3)"
[ "$peers" = chain ] || way netavark up 3 "$(third 4)"
i=0
while [ $i -lt "$TURNS" ]; do
	for w in ours $peers; do once $w; done
	i=$((i + 1))
done
way ours down 1 "$(third 2)"
way chain down 2 "$(third 3)"
[ "$peers" = chain ] || way netavark down 3 "$(third 4)"
printf '%-9s %-5s %10s %10s %8s\n' with verb "gt-net ms" "its ms" ratio
for peer in $peers; do
	for verb in up down; do
		ratio=$(paste "$dir/ours.$verb" "$dir/$peer.$verb" | awk '{print $1 / $2}' | sort -n | awk '{v[NR] = $1} END {printf "%.2f", v[int((NR + 1) / 2)]}')
		printf '%-9s %-5s %10s %10s %8s\n' $peer $verb "$(median <"$dir/ours.$verb")" "$(median <"$dir/$peer.$verb")" "$ratio"
	done
done
for w in ours $peers; do
	for verb in up down; do eval "many_${w}_$verb=$(crowd $w $verb)"; done
done
printf '%s at once: milliseconds for all, their ratio, and per container against one alone\n' "$MANY"
for peer in $peers; do
	for verb in up down; do
		eval "o=\$many_ours_$verb c=\$many_${peer}_$verb"
		awk -v p=$peer -v v=$verb -v n="$MANY" -v o="$o" -v c="$c" -v ao="$(median <"$dir/ours.$verb")" -v ac="$(median <"$dir/$peer.$verb")" 'BEGIN {
			printf "%-9s %-5s %10d %10d %8.2f %8.2f %8.2f\n", p, v, o, c, o / c, o / (n * ao), c / (n * ac)}'
	done
done
