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
	space_do env PATH="$DIR/path:$1:/opt/criu/bin:$PATH" XDG_RUNTIME_DIR= "$1/containerd" --config "$DIR/config.toml" --log-level info \
		</dev/null >"$DIR/containerd.log" 2>&1 &
	space_until "$1/ctr version" || { tail -n 20 "$DIR/containerd.log" >&2; return 1; }
}

ctr_image() { space_do "$1/ctr" images import "$WORK/box.tar"; }

ctr_suite() {
	space_do env PATH="$1:$PATH" RESULTS="$RESULTS" ENGINE="$ENGINE" NAME="$NAME" RUNTIME="$RUNTIME" VERBOSE="${VERBOSE:-}" \
		sh "$SCRIPTS/engines/suite-ctr"
}

# cri_config is what docs/engines.md shows, and images from loopback.
cri_config() {
	cat <<-CONFIG
		[plugins."io.containerd.cri.v1.images".pinned_images]
		  sandbox = "127.0.0.1:5000/pause:latest"
		[plugins."io.containerd.cri.v1.images".registry]
		  config_path = "$DIR/certs.d"
		[plugins."io.containerd.cri.v1.runtime"]
		  restrict_oom_score_adj = true
		[plugins."io.containerd.cri.v1.runtime".cni]
		  bin_dirs = ["/usr/lib/cni"]
		  conf_dir = "$DIR/net"
		[plugins."io.containerd.cri.v1.runtime".containerd]
		  default_runtime_name = "$NAME"
		[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.$NAME]
		  runtime_type = "io.containerd.runc.v2"
		[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.$NAME.options]
		  BinaryName = "$RUNTIME"
	CONFIG
}

# cri_start BIN starts that and the registry.
cri_start() {
	mkdir -p "$DIR/net" "$DIR/certs.d/_default"
	# Every registry is the one on loopback.
	printf 'server = "http://127.0.0.1:5000"\n[host."http://127.0.0.1:5000"]\n' >"$DIR/certs.d/_default/hosts.toml"
	cat >"$DIR/net/10-bridge.conflist" <<-CONFIG
		{"cniVersion": "1.0.0", "name": "cri", "plugins": [
		 {"type": "bridge", "bridge": "cri0", "isGateway": true,
		  "ipam": {"type": "host-local", "dataDir": "/run/cni", "ranges": [[{"subnet": "10.88.0.0/16"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
		 {"type": "portmap", "capabilities": {"portMappings": true}}]}
	CONFIG
	space_do env PATH="$PATH" "$WORK/images" serve 127.0.0.1:5000 </dev/null >"$DIR/images.log" 2>&1 &
	cri_config | containerd_start "$1" 3 ""
	space_until "$1/crictl -r unix://$socket info | grep -A1 NetworkReady | grep true; busybox wget -q -O /dev/null http://127.0.0.1:5000/v2/"
}
