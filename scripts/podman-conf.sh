# podman-conf.sh is sourced. podman_conf RUNC prints a containers.conf for a Podman
# that is measured: no systemd, no journal, and that runtime.

podman_conf() {
	cat <<CONFIG
[containers]
log_driver = "k8s-file"
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[engine.runtimes]
runc = ["$1"]
CONFIG
}
