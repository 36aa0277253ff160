# podman.sh is sourced by podman4 and podman5. Podman has no daemon: to start
# it is to write its configuration and to load the image.

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
	printf '#!/bin/sh\nexec podman --root %s --runroot /run/p --tmpdir /run/t --storage-driver overlay "$@"\n' "$DIR/data" >"$DIR/podman"
	chmod 755 "$DIR/podman"
	podman_do "$DIR/podman" load -q -i "$WORK/box.tar" --signature-policy "$DIR/conf/policy.json"
}

podman_do() {
	space_do env CONTAINERS_CONF="$DIR/conf/containers.conf" PODMAN_IGNORE_CGROUPSV1_WARNING=1 XDG_RUNTIME_DIR= \
		TMPDIR="$DIR/tmp" "$@"
}

podman_suite() {
	podman_do env c="$DIR/podman" n="--network none" rmt="-t 0" HAVE="$HAVE" PODNET="$PODNET" ENGINE="$ENGINE" NAME="$NAME" RESULTS="$RESULTS" \
		ROOTS="/run/oci-runtime /run/runc" VERBOSE="${VERBOSE:-}" sh "$SCRIPTS/engines/suite-docker"
}
