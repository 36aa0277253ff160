// Gt-oci is an OCI container runtime with runc's command line.
//
// # Synopsis
//
//	gt-oci create     [options] [ID]
//	gt-oci start      [ID]
//	gt-oci run        [options] [ID]
//	gt-oci exec       [options] ID [COMMAND...]
//	gt-oci state      ID
//	gt-oci kill       [options] [ID] [SIGNAL]
//	gt-oci delete     [options] [ID]
//	gt-oci list       [options]
//	gt-oci ps         [options] ID [OPTIONS...]
//	gt-oci pause      [ID]
//	gt-oci resume     [ID]
//	gt-oci wait       [options] [ID]
//	gt-oci update     [options] ID
//	gt-oci mounts     add|remove ID FILE
//	gt-oci events     [options] [ID]
//	gt-oci checkpoint [options] ID
//	gt-oci restore    [options] ID
//	gt-oci features
//	gt-oci spec       [options]
//	gt-oci lint       [options] [FILE]
//	gt-oci plan       [options] [ID]
//	gt-oci gc         [options]
//
// # Description
//
// Gt-oci makes a container from an OCI bundle, a directory with config.json and
// a root filesystem, and rules its life: create, start, kill, delete. A command
// without an ID reads OCI states from stdin, works on each, and prints the new
// states, so commands can be joined by pipes. gt-oci --help lists the commands,
// gt-oci COMMAND --help their options.
//
// # Options
//
// For every command:
//
//	--root DIR               state directory: $GOPHERTAINER_ROOT, else /run/oci-runtime
//	                         for root, $XDG_RUNTIME_DIR/oci-runtime for others
//	--log FILE               append errors and warnings to FILE, as
//	--log-format text|json   says
//	--debug                  say more, as DEBUG=1 does
//	--log-level error|warning|debug   the least that is said (warning)
//	--systemd-cgroup         have systemd make the cgroup, a scope; cgroupsPath is
//	                         slice:prefix:name then
//	--cgroup-manager cgroupfs|systemd|disabled
//	                         crun's; disabled leaves a container in the cgroups of
//	                         its caller, where it can have no limits
//	--rootless true|false|auto   accepted: what is missing is named where it is needed
//	--criu PATH              the CRIU of checkpoint and restore ($CRIU_PATH, else $PATH)
//	--trace FILE             append the time of each step of a birth to FILE
//
// create, run and plan:
//
//	-b, --bundle DIR         the bundle (.)
//	-f, --config FILE        the configuration, instead of the bundle's config.json
//	--console-socket SOCKET  hand the terminal's master to SOCKET
//	--pid-file FILE          write the PID to FILE
//	--pidfd-socket SOCKET    hand a pidfd of the process to SOCKET
//	--no-pivot               chroot instead of pivot_root
//	--no-new-keyring         keep the session keyring of the caller
//	--preserve-fds N         pass N descriptors after 2 on
//	--stdio null|log:FILE    /dev/null or a log for the container, not our own output
//
// Sockets that systemd gave to create or run (LISTEN_PID, LISTEN_FDS,
// LISTEN_FDNAMES) come first of the descriptors that are passed on.
//
// run: -d, --detach does not wait for the end, --keep keeps the container when its
// program has ended, --no-subreaper is accepted, gt-oci never becomes one.
//
// exec, beside -d, --console-socket, --pid-file, --pidfd-socket and --preserve-fds:
//
//	-p, --process FILE       take the process from a JSON file
//	--cwd DIR                working directory inside
//	-e, --env NAME=VALUE     a variable (again and again, as -g and -c)
//	-u, --user UID[:GID]     numeric user and group
//	-g, --additional-gids GID    a further group
//	-c, --cap CAP            a further capability
//	--process-label LABEL    SELinux label of the process
//	--apparmor PROFILE       AppArmor profile of the process
//	-t, --tty                give the process a terminal
//	--no-new-privs           forbid the process to gain privileges
//	--docker-codes           fail with 125, 126 or 127, not 255
//	--ignore-paused          enter a paused container too
//	--cgroup [CONTROLLERS:]PATH   enter a cgroup below the container's that exists;
//	                         controllers, as cpu,memory, on v1 only
//
// update:
//
//	-r, --resources FILE     all limits from a JSON file, - is stdin; then the
//	                         options below are ignored
//	--memory, --memory-reservation, --memory-swap BYTES   -1 is none; k, m, g, t
//	--cpu-quota, --cpu-period, --cpu-burst, --cpu-rt-period, --cpu-rt-runtime N
//	                         microseconds
//	--cpu-share N            weight, 2 to 262144
//	--cpu-idle N             1 for the idle scheduling class
//	--cpuset-cpus, --cpuset-mems LIST    as 0-3,7
//	--pids-limit N           number of processes, -1 is none
//	--blkio-weight N         10 to 1000
//	--l3-cache-schema, --mem-bw-schema SCHEMA   shares of Intel RDT, as L3:0=ff and MB:0=50
//
// checkpoint and restore hand over to gt-ckpt:
//
//	--image-path, --work-path, --parent-path DIR   of CRIU
//	--tcp-established, --ext-unix-sk, --shell-job, --file-locks, --lazy-pages
//	--auto-dedup, --manage-cgroups-mode soft|full|strict|ignore, --empty-ns network
//	--leave-running, --pre-dump, --status-fd FD, --page-server ADDRESS:PORT,
//	--link-remap, --tcp-skip-in-flight
//	                         of checkpoint
//	--lsm-profile TYPE:NAME, --lsm-mount-context CONTEXT, --tcp-close
//	                         of restore, beside the options of run
//
// Others:
//
//	kill -a, --all           every process of the container
//	kill -s, --signal SIGNAL the signal, where no ID is given
//	kill, delete --regex PATTERN   every container whose ID matches the extended
//	                         regular expression (regex(7)); none is no failure
//	delete -f, --force       kill it first; be silent if it does not exist
//	ps ID OPTIONS            what ps(1) prints with OPTIONS, as -ef or -o pid,rss
//	list, ps -f, --format table|json     list -q, --quiet   only the IDs
//	wait -t, --timeout TIME  fail when it has not ended by then
//	events --follow          wait for further events
//	events --stats           print the usage of a container once, with runc's members:
//	                         cpu, cpuset, memory, blkio, hugetlb, pids, and of each
//	                         interface inside network_interfaces
//	events --interval TIME   print it each TIME until the container ends, and a line
//	                         whenever its memory has run out
//	spec -b, --bundle DIR    write to DIR/config.json
//	spec -o, --output FILE   write to FILE; - is stdout
//	spec --rootless          for a user who is not root
//	spec -t, --terminal      for a shell at a terminal, as runc writes it
//	lint --json              one object a line: level, code, pointer, message
//	gc -a, --all             have gt-rootfs and gt-net collect theirs, too
//
// # Members of config.json
//
// Every Linux member of the specification 1.0.0 to 1.3.0 is carried out, or
// refused by its JSON pointer with what is there and what is needed; lint tells
// the same beforehand. Where the specification leaves a choice:
//
//	mounts, option remount   changes what is named and keeps the rest; the filesystem
//	                         itself only with options of its own, as size=1m
//	mounts, idmap, ridmap    bind mounts, by their own maps or the container's; need a
//	                         filesystem that can, and Linux 5.12
//	process.scheduler        SCHED_FIFO and SCHED_RR need cpu.realtimeRuntime where
//	                         cgroup v1 has real-time groups; SCHED_DEADLINE cannot fork
//	                         without SCHED_FLAG_RESET_ON_FORK
//	process.execCPUAffinity  is for exec, the container's own process does not have it
//	apparmorProfile, selinuxLabel, linux.mountLabel
//	                         need a kernel with the module at work; unconfined always goes
//	linux.netDevices         come home if the container is not made, never after
//	linux.intelRdt           needs resctrl; exec enters the same class
//	linux.devices            in a user namespace the host's device is bound, if it is
//	                         the one that is meant
//
// # Examples
//
//	gt-oci spec
//	gt-oci run --bundle . web
//	gt-oci lint --bundle web --json | jq -r 'select(.level=="error").pointer'
//	gt-oci list --format json | gt-oci kill KILL
//
// # Exit status
//
// 0 done, 1 failed or refused, 2 wrong usage or bad input. lint returns 1 if it
// found an error, 0 if only warnings. run and exec return
// the program's own code, 128 and the signal if one ended it; exec returns 255
// for a failure of its own; with --docker-codes 125, 126 if the program cannot be
// executed, 127 if it is not there.
package main

import (
	"strings"

	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// global are options that runc takes before the command.
type globals struct {
	systemd     bool
	rootless    string
	manager     string
	trace       string
	dockerCodes bool // of exec
	criu        string
	level       string
}

var global globals

func main() {
	roomy()
	tool.Main(&tool.Program{
		Name:        "gt-oci",
		Summary:     "makes and rules OCI containers",
		VersionText: version,
		Options: func(o *tool.Options) {
			o.Bool(&global.systemd, "systemd-cgroup", 0, "have systemd make the cgroups, as scopes")
			o.Enum(&global.manager, "cgroup-manager", 0, []string{"cgroupfs", "systemd", "disabled"}, "crun's option: who makes cgroups")
			o.Enum(&global.level, "log-level", 0, []string{"error", "warning", "debug"}, "the least that is said (warning)")
			o.String(&global.rootless, "rootless", 0, "true|false|auto", "accepted; what is missing is named where it is needed")
			o.String(&global.criu, "criu", 0, "PATH", "the CRIU for checkpoint and restore ($CRIU_PATH, else criu in $PATH)")
			o.String(&global.trace, "trace", 0, "FILE", "append the time of each step of a birth to FILE")
		},
		Before: func(c *tool.Call) error { c.Level = global.level; return nil },
		Exit: func(verb string, err error) int {
			if verb == "exec" {
				return execCode(err)
			}
			return fail.Exit(err)
		},
		Verbs: []tool.Verb{
			{Name: "create", Args: "[ID]", Summary: "make a container that waits for start", Make: create},
			{Name: "start", Args: "[ID]", Summary: "let a created container run its program", Make: start},
			{Name: "run", Args: "[ID]", Summary: "create and start, and wait for the end", Make: run},
			{Name: "exec", Args: "ID [COMMAND...]", StopAt: 1, Summary: "run a further process in a container", Make: execute},
			{Name: "state", Args: "ID", Summary: "print the state as JSON", Make: printState},
			{Name: "kill", Args: "[ID] [SIGNAL]", Summary: "send a signal, TERM if none is named", Make: kill},
			{Name: "delete", Args: "[ID]", Summary: "remove a stopped container", Make: remove},
			{Name: "list", Summary: "list the containers", Make: list},
			{Name: "ps", Args: "ID [OPTIONS...]", StopAt: 1, Summary: "list the processes of a container", Make: ps},
			{Name: "pause", Args: "[ID]", Summary: "freeze a container", Make: pause},
			{Name: "resume", Args: "[ID]", Summary: "let a paused container go on", Make: resume},
			{Name: "wait", Args: "[ID]", Summary: "wait for the end of a container", Make: wait},
			{Name: "checkpoint", Args: "ID", Summary: "write a checkpoint of a container, by gt-ckpt", Make: checkpoint},
			{Name: "restore", Args: "ID", Summary: "bring a container back, by gt-ckpt", Make: restore},
			{Name: "update", Args: "ID", Summary: "change the limits of a container", Make: update},
			{Name: "mounts", Args: "add|remove ID FILE", Summary: "change the mounts of a container that is there", Make: mounts},
			{Name: "events", Args: "[ID]", Summary: "print events, or usage with --stats", Make: events},
			{Name: "features", Summary: "print what this runtime can do as JSON", Make: features},
			{Name: "spec", Summary: "write a config.json to begin with", Make: writeSpec},
			{Name: "lint", Args: "[FILE]", Summary: "tell all that is wrong with a config.json, by the spec and on this host", Make: lintBundle},
			{Name: "plan", Args: "[ID]", Summary: "print the steps of a birth, make nothing", Make: printPlan},
			{Name: "gc", Summary: "remove what killed tools left behind", Make: gc},
		},
	})
}

// version: Docker's parser wants the word runc nowhere, but these three lines.
func version() string {
	var b strings.Builder
	b.WriteString("gt-oci version " + tool.Version + "\n")
	if tool.Commit != "" {
		b.WriteString("commit: " + tool.Commit + "\n")
	}
	b.WriteString("spec: 1.3.0\n")
	return b.String()
}

// runtime is the library's view of a call.
func runtime(c *tool.Call) (*container.Runtime, error) {
	if global.systemd && global.manager != "" && global.manager != "systemd" {
		return nil, fail.Usage("have --systemd-cgroup and --cgroup-manager=%s, need one of them", global.manager)
	}
	switch global.rootless {
	case "", "true", "false", "auto":
	default:
		return nil, fail.Usage("--rootless: have %q, need true, false or auto", global.rootless)
	}
	return &container.Runtime{
		Root: c.Root, Warn: c.Warnf, Trace: global.trace,
		Systemd: global.systemd || global.manager == "systemd", NoCgroup: global.manager == "disabled",
	}, nil
}

// first is the ID, or "" to read states from stdin.
func first(c *tool.Call) string {
	if len(c.Args) == 0 {
		return ""
	}
	return c.Args[0]
}
