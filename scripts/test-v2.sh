#!/bin/sh
# test-v2.sh [part] runs the scenarios of cgroups, devices, systemd's driver and
# rootless users on a host with cgroup2 alone, in the machine of scripts/vm.sh,
# and the tests of lib/cgroup. With "part" it is the few that every change has to
# pass, in one start of the machine, and they are skipped where there is none.
#
#   GT_BIN  the binaries under test
set -eu
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
scripts/install-vm.sh >"$log" 2>&1 </dev/null || {
	echo "test-v2: have no machine with cgroup2 alone: $(tail -n 1 "$log")" >&2
	[ "${1:-}" = part ] && { echo "test-v2: skipped" >&2; exit 0; }
	exit 1
}
run() { # TIMEOUT PACKAGE [-run PATTERN]
	seconds=$1
	shift
	CGO_ENABLED=0 VM_TIMEOUT=$seconds "${GO:-go}" test -count=1 -timeout "${seconds}s" -exec "$PWD/scripts/vm.sh" "$@"
}
if [ "${1:-}" = part ]; then
	run 600 ./testscripts -run 'TestScenarios/(limits_v2|v2_|systemd_scope)'
else
	run 1500 ./testscripts -run 'TestScenarios/(limits_|v2_|systemd_|rootless_|life_|update_|gc_|exec_enters|namespace_user)'
	run 600 ./lib/cgroup ./lib/systemd
	# The same systemd with v1 controllers, and with both.
	for one in 1 0; do
		export VM_APPEND="systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=$one"
		run 600 ./testscripts -run 'TestScenarios/systemd_'
	done
fi
