#!/bin/bash
# vm.sh COMMAND [ARG…] runs a command on a host with cgroup2 alone and systemd:
# a Debian of its own in an emulated machine. It is the wrapper of
#
#   go test -exec scripts/vm.sh ./testscripts
#
# The command sees its own directory and the repository at their paths, /opt of
# this host, variables whose names begin with GT_, and a /tmp that is thrown
# away; its output and exit code come back. Needs root, for mounts of its own.
#
#   VM          where scripts/install-vm.sh has put things (/opt/gophertainer-vm)
#   VM_MEM      memory in MiB (1536)
#   VM_TIMEOUT  seconds until the machine is ended (900)
#   VM_BOOT     seconds until the command has to run, or the machine is started once more (400)
#   VM_APPEND   more words for the kernel
#   VM_MODULES  modules that are loaded besides those that scripts/vm-init names
set -u
here=$(dirname "$(readlink -f "$0")")
vm=${VM:-/opt/gophertainer-vm}
mem=${VM_MEM:-1536}
[ -s "$vm/vmlinux" ] || { echo "vm: have no $vm/vmlinux, need scripts/install-vm.sh" >&2; exit 125; }

dir=$(mktemp -d "${TMPDIR:-/tmp}/vm.XXXXXX")
daemon=
trap '[ -z "$daemon" ] || kill "$daemon" 2>/dev/null; rm -rf "$dir"' EXIT
mkdir "$dir/root" "$dir/out"
bin=$(dirname "$(readlink -f "$(command -v "$1")")")
repo=$(git -C "$here" rev-parse --show-toplevel 2>/dev/null || dirname "$here")
{
	for name in $(compgen -e GT_); do declare -p "$name"; done
	printf 'export PATH=%q:$PATH:%q\ncd %q\nexec' "$bin" "${CRIU:-/opt/criu}/bin" "$PWD"
	printf ' %q' "$@"
	echo
} >"$dir/out/cmd"
printf '%s\n' "$repo" "$bin" "${GT_BIN:-$repo/bin}" /opt >"$dir/out/paths"
echo "${VM_MODULES:-}" >"$dir/out/modules"

# What is served: a root for vm-init, and below it everything else.
cat >"$dir/serve" <<'SERVE'
dir=$1 vm=$2 here=$3
mount -t tmpfs -o mode=755 tmpfs "$dir/root"
cd "$dir/root"
mkdir debian out share proc sys dev mnt
cp "$vm/root/bin/busybox" "$here/vm-init" .
mount --bind "$vm/root" debian
mount --bind "$vm/usr/lib/modules" debian/usr/lib/modules
mount -o remount,ro,bind debian
mount --bind "$dir/out" out
n=0
while read -r path; do
	n=$((n + 1))
	mkdir "share/$n"
	mount --bind "$path" "share/$n"
done <out/paths
exec /usr/lib/qemu/virtiofsd --socket-path="$dir/sock" -o source="$dir/root" -o cache=always -o sandbox=chroot
SERVE
# patience ends a machine that does not come to its command: emulated, a kernel
# that starts may wait for ever for what a processor would have done.
patience() {
	for _ in $(seq "${VM_BOOT:-400}"); do
		sleep 1
		[ ! -e "$dir/out/began" ] || return
	done
	kill "$(cat "$dir/pid")"
}

machine() {
	unshare --mount --propagation private bash -e "$dir/serve" "$dir" "$vm" "$here" >"$dir/serve.log" 2>&1 &
	daemon=$!
	until [ -S "$dir/sock" ]; do
		kill -0 "$daemon" 2>/dev/null || { cat "$dir/serve.log" >&2; exit 125; }
		sleep 0.05
	done
	patience &
	watch=$!
	# One virtual CPU: the emulation of several has shown a kernel things that no
	# processor does.
	timeout -k 5 "${VM_TIMEOUT:-900}" qemu-system-x86_64 -accel tcg -M q35 -cpu max -smp 1 -m "$mem" -pidfile "$dir/pid" \
		-object memory-backend-memfd,id=mem,size="${mem}M",share=on -numa node,memdev=mem \
		-chardev socket,id=fs,path="$dir/sock" -device vhost-user-fs-pci,chardev=fs,tag=hostfs \
		-nodefaults -no-user-config -display none -no-reboot -serial stdio -kernel "$vm/vmlinux" \
		-append "console=ttyS0 panic=-1 quiet loglevel=1 mitigations=off rootfstype=virtiofs root=hostfs rw init=/vm-init systemd.unit=basic.target systemd.wants=vm.service systemd.show_status=0 ${VM_APPEND:-}" \
		</dev/null 2>"$dir/qemu.log" | tr -d '\r' | grep --line-buffered -av 'reboot: '
	kill "$watch" "$daemon" 2>/dev/null
	wait "$daemon"
	rm -f "$dir/sock"
}
machine
[ -e "$dir/out/began" ] || {
	echo "vm: the machine has not come to its command, once more" >&2
	machine
}
if [ -s "$dir/out/code" ]; then
	exit "$(cat "$dir/out/code")"
fi
cat "$dir/qemu.log" >&2
echo "vm: the machine ended without an answer" >&2
exit 125
