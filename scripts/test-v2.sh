#!/bin/sh
# test-v2.sh [GROUP…] runs what wants another kernel or another system than the
# host's in the machine of scripts/vm.sh: cgroup2 alone, systemd as the first
# process, modules. Each group has a machine of its own; all of them without an
# argument. It says what each took, goes on after one that fails, and fails then.
#
#   part     the few that every change has to pass; skipped where there is no machine
#   cgroups  limits, devices, life, systemd's driver, users, pressure
#   units    the tests of lib/cgroup and lib/systemd
#   systemd  the same systemd with v1 controllers, and with both
#   net      every kind of link, SCTP, published ports, the rest of gt-net
#   disks    btrfs, xfs, erofs, quotas, dm-verity
#   labels   SELinux, with a policy of its own
#   precopy  memory that is tracked while it changes, with 512 MiB
#
#   GT_BIN   the binaries under test
set -eu
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
[ $# -gt 0 ] || set -- cgroups units systemd net disks labels precopy
install() { timeout -k 30 600 scripts/install-vm.sh >"$log" 2>&1 </dev/null; }
install || install || { # a mirror fails now and then
	echo "test-v2: have no machine with cgroup2 alone: $(tail -n 1 "$log")" >&2
	[ "$1" = part ] && { echo "test-v2: skipped" >&2; exit 0; }
	exit 1
}
bad=
run() { # NAME SECONDS PACKAGE… [-run PATTERN]
	name=$1 seconds=$2 began=$(date +%s) said=
	shift 2
	CGO_ENABLED=0 VM_TIMEOUT=$seconds "${GO:-go}" test -count=1 -timeout "${seconds}s" -exec "$PWD/scripts/vm.sh" "$@" ||
		{ said=', failed' bad="$bad $name"; }
	echo "test-v2: $name: $(($(date +%s) - began)) s$said"
}
scenarios() { # NAME SECONDS PATTERN [OPTION…]
	name=$1 seconds=$2 pattern=$3
	shift 3
	run "$name" "$seconds" ./testscripts -run "TestScenarios/($pattern)" "$@"
}
for group; do
	unset VM_APPEND VM_MEM VM_MODULES
	case $group in
	part) scenarios part 1500 'limits_v2|v2_|systemd_scope' ;;
	cgroups) scenarios cgroups 1500 'limits_|v2_|systemd_|rootless_|life_|update_|gc_|exec_enters|namespace_user|mon_(pressure|metrics|oom|events)' ;;
	units) run units 600 ./lib/cgroup ./lib/systemd ;;
	systemd)
		for one in 1 0; do
			export VM_APPEND="systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=$one"
			scenarios "systemd on $([ $one = 1 ] && echo v1 || echo both)" 600 systemd_
		done
		;;
	# Without those that do not care which kernel it is.
	net) scenarios net 1500 net_ -skip 'TestScenarios/net_(podman|cri|cnitool|killed)$' ;;
	disks)
		export VM_MEM=3072 VM_MODULES='btrfs xfs erofs quota_v2 dm-verity'
		scenarios disks 900 'rootfs_(drivers|verity)'
		;;
	labels)
		export VM_APPEND='security=selinux selinux=1 enforcing=0'
		scenarios labels 600 v2_selinux
		;;
	precopy)
		export VM_MEM=6144
		scenarios precopy 900 ckpt_precopy
		;;
	*) echo "test-v2: have group $group, need part, cgroups, units, systemd, net, disks, labels or precopy" >&2; exit 2 ;;
	esac
done
[ -z "$bad" ] || { echo "test-v2: failed:$bad" >&2; exit 1; }
