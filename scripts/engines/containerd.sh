# containerd.sh is sourced by what stands on containerd.

socket=/run/containerd/containerd.sock
# Plugins that want what a test machine has not.
off='"io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.blockfile", "io.containerd.snapshotter.v1.erofs"'

# containerd_start BIN VERSION OFF starts the containerd in BIN and waits for
# its socket; further configuration of that version comes on stdin.
containerd_start() {
	{
		cat <<-CONFIG
			version = $2
			root = "$DIR/containerd"
			state = "/run/containerd/state"
			disabled_plugins = [$off${3:+, $3}]
			[grpc]
			  address = "$socket"
		CONFIG
		cat
	} >"$DIR/config.toml"
	# With a user namespace ctr takes no options and asks for runc.
	mkdir "$DIR/path"
	ln -s "$RUNTIME" "$DIR/path/runc"
	space_do env PATH="$DIR/path:$1:$PATH" XDG_RUNTIME_DIR= "$1/containerd" --config "$DIR/config.toml" --log-level info \
		</dev/null >"$DIR/containerd.log" 2>&1 &
	space_until "$1/ctr version" || { tail -n 20 "$DIR/containerd.log" >&2; return 1; }
}

ctr_image() { space_do "$1/ctr" images import "$WORK/box.tar"; }

ctr_suite() {
	space_do env PATH="$1:$PATH" RESULTS="$RESULTS" ENGINE="$ENGINE" NAME="$NAME" RUNTIME="$RUNTIME" VERBOSE="${VERBOSE:-}" \
		sh "$SCRIPTS/engines/suite-ctr"
}
