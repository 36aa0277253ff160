# docker.sh is sourced by docker20 and docker28.

# docker_start OPTION… starts dockerd with the runtime as its default. The name
# runc is Docker's own.
docker_start() {
	# Docker 20 does not start without a runc, though it is never called.
	mkdir -p "$DIR/data" "$DIR/tmp" "$DIR/path"
	ln -s "$RUNTIME" "$DIR/path/runc"
	cat >"$DIR/daemon.json" <<-CONFIG
		{"runtimes": {"tested": {"path": "$RUNTIME"}}, "default-runtime": "tested",
		 "exec-opts": ["native.cgroupdriver=cgroupfs"], "storage-driver": "overlay2",
		 "data-root": "$DIR/data", "exec-root": "/run/docker", "pidfile": "/run/docker.pid"}
	CONFIG
	space_do env PATH="$DIR/path:$PATH" XDG_RUNTIME_DIR= TMPDIR="$DIR/tmp" dockerd --config-file "$DIR/daemon.json" --log-level info "$@" \
		</dev/null >"$DIR/dockerd.log" 2>&1 &
	space_until "PATH=$PATH docker version" || { tail -n 20 "$DIR/dockerd.log" >&2; return 1; }
	space_do env PATH="$PATH" docker load -q -i "$WORK/box.tar"
	space_do env PATH="$PATH" docker tag localhost/box:latest box:latest
}

docker_suite() {
	space_do env PATH="$PATH" TMPDIR="$DIR/tmp" DOCKER_CONFIG="$DIR/client" c=docker n="--network none" rmt= HAVE="$HAVE" ENGINE="$ENGINE" NAME="$NAME" \
		RESULTS="$RESULTS" ROOTS=/run/docker/runtime-tested/moby VERBOSE="${VERBOSE:-}" sh "$SCRIPTS/engines/suite-docker"
}
