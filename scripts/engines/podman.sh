# podman.sh is sourced by what stands on Podman, which has no daemon: to start it
# is to write its configuration and to load the image.
#
#   AS   the command that makes podman a user's    RUN   where that user has what is gone after a boot

export RUN=/run
AS= home=$HOME

podman_start() {
	mkdir -p "$DIR/conf" "$DIR/data" "$DIR/tmp"
	chmod 711 "$DIR/tmp"
	cat >"$DIR/conf/containers.conf" <<-CONFIG
		[containers]
		log_driver = "k8s-file"
		default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		runtime = "$NAME"
		runtime_supports_json = ["$NAME"]
		runtime_supports_nocgroups = ["$NAME"]
		[engine.runtimes]
		$NAME = ["$RUNTIME"]
	CONFIG
	echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$DIR/conf/policy.json"
	printf '#!/bin/sh\nexec podman --root %s --runroot %s/p --tmpdir %s/t --storage-driver overlay "$@"\n' "$DIR/data" "$RUN" "$RUN" >"$DIR/podman"
	chmod 755 "$DIR/podman"
	podman_do "$DIR/podman" load -q -i "$WORK/box.tar" --signature-policy "$DIR/conf/policy.json"
}

# podman_as lets podman be a user's.
podman_as() {
	RUN=/run/user/54321 AS="setpriv --reuid 54321 --regid 54321 --clear-groups --" home=$DIR/home
}

# podman_user makes that user: one with subordinate IDs, in an /etc of the
# space's own.
podman_user() {
	podman_as
	space_do sh -ec '
		mkdir -p "$DIR/etc/upper" "$DIR/etc/work" "$DIR/home" "$DIR/conf" "$DIR/data" "$DIR/tmp" "$RUN"
		mount -t overlay -o "lowerdir=/etc,upperdir=$DIR/etc/upper,workdir=$DIR/etc/work" etc /etc
		echo "someone:x:54321:54321::$DIR/home:/bin/sh" >>/etc/passwd
		echo "someone:x:54321:" >>/etc/group
		echo someone:100000:65536 >/etc/subuid
		cp /etc/subuid /etc/subgid
		chown 54321:54321 "$DIR/home" "$DIR/data" "$DIR/tmp" "$RUN" "$RESULTS" "$RESULTS/results"'
}

podman_do() {
	space_do $AS env CONTAINERS_CONF="$DIR/conf/containers.conf" PODMAN_IGNORE_CGROUPSV1_WARNING=1 XDG_RUNTIME_DIR="${AS:+$RUN}" \
		HOME="$home" TMPDIR="$DIR/tmp" "$@"
}

podman_suite() {
	podman_do env c="$DIR/podman" n="--network none" rmt="-t 0" HAVE="$HAVE" PODNET="$PODNET" ENGINE="$ENGINE" NAME="$NAME" RESULTS="$RESULTS" \
		ROOTS="$RUN/oci-runtime $RUN/runc" VERBOSE="${VERBOSE:-}" sh "$SCRIPTS/engines/suite-docker"
	case $HAVE in
	*checkpoint*)
		podman_do env c="$DIR/podman" n="--network none" rmt="-t 0" DIR="$DIR" ENGINE="$ENGINE" NAME="$NAME" RESULTS="$RESULTS" \
			PATH="/opt/criu/bin:$PATH" VERBOSE="${VERBOSE:-}" sh "$SCRIPTS/engines/suite-checkpoint"
		;;
	esac
}
