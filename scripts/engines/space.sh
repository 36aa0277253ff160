# space.sh is sourced. An engine lives in a space: namespaces, cgroups and
# directories of its own, all of which end with it.
#
#   DIR    the engine's directory          ROOT   the tree it runs in, if not the host's
#   SHARE  directories the tree gets too   SCRIPTS  where scripts/ is

# space_groups prints, for each hierarchy of this host, its mount point, type
# and options.
space_groups() {
	awk '{ for (i = 7; $i != "-"; i++); if ($(i+1) ~ /^cgroup2?$/) print $5, $(i+1), $(i+3) }' /proc/self/mountinfo
}

# space_group is the directory of this engine's processes in each hierarchy.
space_group() { echo "gt-$(basename "$(dirname "$DIR")")-$(basename "$DIR")"; }

# space_join NAME moves this shell into the group NAME of each hierarchy.
space_join() {
	space_groups | while read -r at _ _; do
		mkdir -p "$at/$1"
		for f in cpuset.cpus cpuset.mems; do
			if [ -e "$at/$1/$f" ] && [ ! -s "$at/$1/cgroup.procs" ] && [ -e "$at/$f" ]; then cat "$at/$f" >"$at/$1/$f"; fi
		done
		echo $$ >"$at/$1/cgroup.procs"
	done
}

# space_open makes the space and waits for it. Its first process reaps what is
# left to it; when it is killed, all others are.
space_open() {
	if [ -e "$DIR" ]; then
		echo "space: $DIR is there, need a new directory" >&2
		return 1
	fi
	mkdir -p "$DIR" && chmod 711 "$DIR"
	mkfifo "$DIR/ready"
	{ sh -ec '. "$0" && space_join "$(space_group)" && exec unshare --net --mount --pid --ipc --uts --cgroup --fork \
		--kill-child --mount-proc --propagation private sh -c ". \"\$0\" && space_first" "$0"' \
		"$SCRIPTS/engines/space.sh" </dev/null >"$DIR/space.log" 2>&1; echo no 1<>"$DIR/ready"; } 2>/dev/null &
	wrapper=$!
	read -r word <"$DIR/ready" && [ "$word" = ready ] || { cat "$DIR/space.log" >&2; return 1; }
	pgrep -P "$wrapper" >"$DIR/unshare"
	pgrep -P "$(cat "$DIR/unshare")" >"$DIR/pid"
	# cgroup2 gives no controllers to children of a group that has processes.
	space_groups | while read -r at type _; do
		[ "$type" = cgroup2 ] || continue
		group=$at/$(space_group)
		mkdir "$group/outside"
		cat "$DIR/unshare" >"$group/outside/cgroup.procs"
		for c in $(cat "$group/cgroup.controllers"); do echo "+$c" >"$group/cgroup.subtree_control"; done
	done
}

# space_first is PID 1 of the space.
space_first() {
	set -e
	trap 'echo no >"$DIR/ready"' EXIT
	space_join "$(space_group)/daemons"
	hierarchies=$(space_groups)
	ip link set lo up
	hostname "${DIR##*/}"
	root=
	if [ -n "${ROOT:-}" ]; then
		root=$DIR/root
		mkdir -p "$root" "$DIR/over/upper" "$DIR/over/work"
		mount -t overlay -o "lowerdir=$ROOT,upperdir=$DIR/over/upper,workdir=$DIR/over/work" space "$root"
		mount --rbind /dev "$root/dev"
		mount -t proc proc "$root/proc"
		mount -t tmpfs none "$root/tmp"
		for d in $SHARE; do
			mkdir -p "$root$d"
			mount --bind "$d" "$root$d"
		done
	else
		umount -R /sys/fs/cgroup
	fi
	mount -t sysfs sysfs "$root/sys"
	mount -t tmpfs -o mode=755 none "$root/sys/fs/cgroup"
	echo "$hierarchies" | while read -r at type options; do
		mkdir -p "$root$at"
		case $type in
		cgroup2) mount -t cgroup2 none "$root$at" ;;
		*) mount -t cgroup -o "$(echo "$options" | sed 's/^rw,//; s/^name=/none,name=/; s/,release_agent=[^,]*//')" none "$root$at" ;;
		esac
	done
	mount -t tmpfs -o mode=755 none "$root/run"
	if [ -n "$root" ]; then
		cd "$root"
		pivot_root . .
		umount -l .
		cd /
	fi
	mount --make-rshared /
	trap - EXIT
	echo ready >"$DIR/ready"
	sleep infinity &
	wait
}

# space_do COMMAND… runs it in the space.
space_do() {
	sh -ec '. "$0" && space_join "$(space_group)/daemons" && exec nsenter --target "$(cat "$DIR/pid")" \
		--mount --net --pid --ipc --uts --cgroup "$@"' "$SCRIPTS/engines/space.sh" "$@"
}

# space_close ends all that lives in the space and removes its groups.
space_close() {
	if [ -s "$DIR/pid" ]; then
		kill -KILL "$(cat "$DIR/pid")" 2>/dev/null || :
		tail --pid "$(cat "$DIR/pid")" -f /dev/null
	fi
	space_groups | while read -r at _ _; do
		for _ in $(seq 50); do
			[ -d "$at/$(space_group)" ] || break
			find "$at/$(space_group)" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.1
		done
	done
	rm -rf --one-file-system "$DIR"
}

# space_until COMMAND waits, a minute at most, until a line of shell holds in
# the space.
space_until() {
	for _ in $(seq 300); do
		if space_do sh -c "$1" >/dev/null 2>&1; then return 0; fi
		sleep 0.2
	done
	return 1
}
