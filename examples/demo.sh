#!/bin/sh
# A container from `tiny`, the root filesystem that gt-box carries, with limits
# on memory, processes and processor time. `make demo` runs it.
set -eu
bin=${GT_BIN:-$(command -v gt-run >/dev/null && dirname "$(command -v gt-run)" || echo bin)}
[ "$(id -u)" = 0 ] || { echo "demo: needs root: sudo make demo" >&2; exit 1; }

name=demo-$$
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "\$ gt-run --rootfs tiny --hostname gopher --mem 64 --pids 32 --cpu 0.5 --rm -- sh -c …"

cat >"$work/inside.sh" <<'INSIDE'
echo "hostname      $(hostname)"
echo "system        $(grep PRETTY_NAME /etc/os-release | cut -d= -f2)"
echo "user          $(id)"
echo "PID 1         $(tr '\0' ' ' </proc/1/cmdline | cut -c1-60)"
echo "processes     $(ls /proc | grep -c '^[0-9]')"
for f in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
	if [ -f $f ]; then echo "memory limit  $(cat $f) bytes"; fi
done
for f in /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max; do
	if [ -f $f ]; then echo "pids limit    $(cat $f)"; fi
done
for f in /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us; do
	if [ -f $f ]; then echo "cpu limit     $(cat $f) (µs a period of 100000)"; fi
done
echo "mounts"
cut -d' ' -f2,3,4 /proc/self/mounts | cut -c1-72 | while read -r line; do echo "  $line"; done
exit 7
INSIDE

code=0
"$bin/gt-run" --name "$name" --rootfs tiny --hostname gopher --mem 64 --pids 32 --cpu 0.5 --rm \
	--volume "$work:/demo:ro" -- sh /demo/inside.sh || code=$?
echo "exit code     $code (the program said 7)"
[ "$code" = 7 ]
