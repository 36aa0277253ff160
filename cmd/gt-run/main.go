// Gt-run runs a command in a container, from a root filesystem to the exit code,
// in one line; and looks after the containers it made.
//
// # Synopsis
//
//	gt-run [OPTIONS] [--] COMMAND [ARGUMENT…]
//	gt-run [OPTIONS] --cmd "COMMAND ARGUMENT…"
//	gt-run [OPTIONS] -i
//	gt-run ps [--all] [--quiet] [--filter NAME=VALUE] [--format table|json]
//	gt-run stop [--timeout TIME] ID…
//	gt-run start [--attach] [--interactive] ID…
//	gt-run restart [--timeout TIME] ID…
//	gt-run kill [--signal SIGNAL] [--all] ID…
//	gt-run rm [--force] ID…
//	gt-run exec [OPTIONS] ID COMMAND [ARGUMENT…]
//	gt-run attach [--no-stdin] ID
//	gt-run logs [OPTIONS] ID
//	gt-run inspect [--format FORM] ID…
//	gt-run explain ID
//	gt-run wait ID…
//	gt-run update [OPTIONS] ID…
//	gt-run pause ID…
//	gt-run resume|unpause ID…
//	gt-run stats [--format FORMAT] [--stream|--no-stream] [--interval TIME] [ID…]
//	gt-run top ID [PS-OPTION…]
//	gt-run cp [--follow-link] FROM|- TO|-
//	gt-run diff [--format text|json] ID
//	gt-run commit [--image NAME] ID TARGET
//	gt-run export [--output FILE] ID
//	gt-run boot
//	gt-run completion bash|zsh|fish
//
// # Description
//
// Gt-run writes a bundle and lets the tools beside it do the rest: gt-rootfs
// unpacks or mounts the root filesystem, gt-seccomp gives the default profile,
// gt-net connects it, gt-oci runs the container, and gt-mon is the parent of one
// that is detached. Signals are passed on to the command, and with --interactive
// and --tty the terminal is its own. What runs can be seen with --dry-run.
//
// What goes with its command and is a directory or the host's root, gt-run makes
// itself, of the same parts, and the state directory's entry is the bundle. On
// cgroup v1 such a container has groups for what is limited, for devices and for
// the freezer alone. If gt-run is killed it goes on, and the next gt-run, or
// gt-oci gc, removes what is left at its end.
//
// A container without --name is gone when its command has ended. With --name
// it stays, stopped, to be looked at; "gt-run rm NAME" removes it and its bundle.
// --rm removes a named one too. A detached container stays until it is removed.
//
// The defaults are tight: private pid, network, ipc, uts, mount and cgroup
// namespaces, Docker's seccomp profile, Docker's 14 capabilities or as many of
// them as the caller has, masked and read-only paths in /proc and /sys. Stdin
// is /dev/null without --interactive. The only variables inside are PATH, HOME,
// HOSTNAME, with a terminal TERM, those of an image, and those that --env and
// --env-file name; with the host's root, PATH, TERM, TZ and the locale are the
// caller's. Command, user and directory of an image stand unless others are asked
// for; a command replaces the image's whole command.
//
// update changes the limits of containers, and with --restart their policy, which rules
// from the next end on. Of one that is stopped the next start has both.
//
// cp copies between ID:PATH and the host. A FROM that ends with /. is what is in the
// directory, not the directory. As FROM, - is a tar archive on stdin, also a
// compressed one, that is unpacked into the directory TO; as TO it is one on stdout,
// with the file or directory FROM under its own name. Owners are
// those that the container knows; a file of the host whose owner it does not have, as
// one with --userns, is its root's there. Links of the container lead to its own files.
// In archives a name with .. is refused, devices are left out, a directory is not
// replaced by anything else and replaces nothing. What was unpacked before a refusal stays.
//
// A first word that is one of the verbs above is the verb; "gt-run -- stop" and
// "gt-run run stop" run a command of that name. "rm", "kill", "top", "ps", "cp" and
// "diff" are such names. Who did what to which container is in audit.jsonl among
// the data (see Environment), one line before each deed, and never shortened.
//
// # Options
//
//	--name NAME           the ID; a random one if not given
//	--rootfs PATH         a directory, used in place: what the container writes
//	                      stays; an archive, an image layout or a disk image,
//	                      unpacked for this container; tiny, the built-in one;
//	                      host (default), a throw-away view of this machine's own
//	                      root, where secrets are hidden. A directory: ./tiny
//	--cmd COMMAND         the command as one text, cut into words as a shell does;
//	                      no shell runs it
//	--entrypoint COMMAND  what the command's words are given to
//	-i, --interactive     pass stdin on; without a command, run /bin/sh
//	-t, --tty             give the command a terminal
//	-d, --detach          print the name when the command has been started
//	--rm                  remove the container at its end, also a named one
//	-e, --env NAME=VALUE  set a variable; NAME alone copies the caller's, if he has it
//	--env-file FILE       a NAME=VALUE or NAME a line; # begins a comment line
//	-u, --user USER[:GROUP]
//	                      numbers or names, these from the container's passwd and
//	                      group. A number is never looked up as a name. Without
//	                      GROUP: the user's groups there, else a group of the same
//	                      number, not group 0
//	--group-add GROUP     further group, by number or name
//	-w, --workdir DIR     absolute
//	--hostname NAME       the container's name if not given
//	--domainname NAME     NIS domain name
//	-l, --label NAME=VALUE, --annotation NAME=VALUE
//	                      notes in config.json, for ps --filter label=NAME
//	--init                a process 1 that reaps, and passes signals on
//	--pidfile FILE, --cidfile FILE
//	                      write the PID, the name
//	--json                at the end one line on stderr: code, time, peak of memory,
//	                      CPU time, OOM kills, throttling, pressure
//	--junit FILE          write the same as a test report of JUnit's form
//	--diff                at the end, what the command changed in its root
//	--commit              with host: keep the changes, if the command succeeded
//
// Limits:
//
//	--mem SIZE            memory: 512 (megabytes), 512m, 1.5g, 4096k, 1048576b
//	-m, --memory SIZE     the same; a plain number counts bytes, as docker has it
//	--memory-swap SIZE    memory and swap together, -1 is no limit
//	--memory-reservation SIZE
//	--cpu NUMBER, --cpus NUMBER
//	                      processors, at least 0.01: 0.5, 2
//	--cpu-shares NUMBER, --cpuset-cpus LIST, --cpuset-mems LIST
//	--pids NUMBER, --pids-limit NUMBER
//	                      most processes and threads
//	--io-weight NUMBER    10 to 1000
//	--io-read-bps DEVICE:RATE, --io-write-bps DEVICE:RATE
//	--io-read-iops DEVICE:RATE, --io-write-iops DEVICE:RATE
//	                      docker's names for these are taken too
//	--ulimit NAME=SOFT[:HARD]
//	--oom-score-adj NUMBER
//	--shm-size SIZE       of /dev/shm
//
// Files:
//
//	-v, --volume HOST:CONTAINER[:OPTIONS]
//	                      bind a directory or file that exists; a relative HOST
//	                      begins with a dot, a name is a volume, which is made.
//	                      OPTIONS: ro rw, bind rbind, private rprivate shared
//	                      rshared slave rslave, suid nosuid, dev nodev, exec
//	                      noexec; presets rw,rbind,rprivate,nosuid,nodev. A volume
//	                      over a hidden file shows it
//	--mount type=bind|volume|tmpfs,source=…,target=…[,readonly]
//	--tmpfs DIR[:OPTIONS] size=, mode=, uid=, gid=, ro, exec, dev, suid
//	--device HOST[:CONTAINER][:rwm]
//	--read-only           the root filesystem cannot be written to
//
// Confinement:
//
//	--no-new-privs        setuid programs gain nothing; always so with host
//	--seccomp PROFILE     a file, as OCI or Docker writes them, or unconfined
//	--cap-add CAPABILITY, --cap-drop CAPABILITY
//	                      also ALL, which means what the caller has
//	--privileged          all capabilities and devices, no filter, no masks
//	--security-opt OPTION no-new-privileges, seccomp=PROFILE, apparmor=PROFILE,
//	                      label=LABEL, mask=PATH, unmask=PATH|ALL,
//	                      systempaths=unconfined
//	--sysctl NAME=VALUE
//	--rootless            be root in a user namespace, in which nobody else is;
//	                      always so unless root calls, who cannot ask for it
//	--userns MODE         host; UID:SIZE or auto (subuid of containers or root):
//	                      IDs of the host that the container has
//	--pid MODE, --ipc MODE
//	                      host, or container:ID
//	--uts MODE, --cgroupns MODE
//	                      host
//
// Network:
//
//	--net NETWORK         none (default: loopback only), host, bridge, container:ID,
//	                      the name of a network of gt-net, or a CIDR
//	--net6 CIDR, --bridge NAME, --ip ADDRESS
//	-p, --publish [ADDRESS:]HOST:CONTAINER[/PROTOCOL]
//	--dns ADDRESS, --dns-search DOMAIN, --add-host NAME:ADDRESS
//	--cni                 by the plugins of CNI: the network of --net, or the first in
//	--cni-conf DIR        this directory (/etc/cni/net.d)
//	--cni-bin DIR         where the plugins are
//
// With --detach, from gt-mon, which explains them:
//
//	--restart POLICY      no, on-failure[:N], always, unless-stopped
//	--health-cmd COMMAND, --health-tcp PORT, --health-http PORT/PATH
//	--health-interval TIME, --health-timeout TIME, --health-start-period TIME
//	--health-retries N, --health-restart, --no-healthcheck
//	--stop-signal SIGNAL, --stop-timeout TIME
//	--log-driver DRIVER, --log-opt NAME=VALUE
//	--watch METRIC>VALUE:ACTION
//
// Of gt-run itself:
//
//	--root DIR            the state directory
//	--debug               show what gt-oci logs, at the end
//	--dry-run             print the commands and config.json, and do nothing
//	--help, --version
//
// Of the verbs, beside those above: -t, --timeout TIME (stop, restart; --time, too), -s,
// --signal SIGNAL and -a, --all (kill; ps: those that have ended too), -q, --quiet, -n,
// --last N, -l, --latest, --no-trunc and -f, --filter NAME=VALUE with name, status,
// health, label (ps), -f, --force and -v, --volumes (rm), -f, --follow,
// -t, --timestamps, -n, --tail TAIL, --since SINCE, --until UNTIL and --stream
// STREAM (logs; stats: --stream prints again and again, each --interval TIME),
// -a, --attach and -i, --interactive (start: one container, whose output we have from the first word
// on, with -i also its input; signals are passed on to it), --no-stdin (attach), --format FORM (ps, inspect: json, or a template of members of
// the JSON as {{.id}} or {{json .state}}, whatever the case), -L, --follow-link (cp), --image NAME (commit),
// -o, --output FILE (export).
//
// # Environment
//
//	GOPHERTAINER_DATA   bundles are made in $GOPHERTAINER_DATA/bundles; else in
//	                    /var/lib/gophertainer for root, and in
//	                    $XDG_DATA_HOME/gophertainer (~/.local/share) for others
//	GOPHERTAINER_ROOT   the state directory, as --root names it
//	DEBUG=1             the same as --debug
//	LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES
//	                    sockets of systemd are passed on to the command
//
// # Examples
//
//	gt-run -- make test
//	gt-run --name alpine-test --rootfs alpine.tar.gz --cmd "/bin/sh" -i -t
//	gt-run --rootfs tiny --mem 64 --pids 32 --cpu 0.5 --hostname gopher -- ps
//	gt-run --name web --rootfs /srv/nginx --cmd "nginx -g 'daemon off;'" -v /var/www:/usr/share/nginx/html:ro -d
//	gt-run exec -it web sh
//	gt-run logs -f web
//
// # Exit status
//
// The command's own; 128+n if signal n ended it. 125: gt-run failed or refused.
// 126: the command cannot be executed. 127: it is not there. Verbs: 0 done, 1
// failed or refused, 125 wrong usage (2 if the tool that does it says so); attach: the command's own; exec, start --attach: as above.
//
// As a hook: called by the name gt-run-poststop with a container's state on
// stdin, it removes the bundle. Its bundles carry this hook.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/verb"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// Exit codes beside those of the command.
const (
	exitFailed    = 125
	exitCannot    = 126
	exitNotFound  = 127
	exitSignalled = 128 // plus the signal
)

func main() {
	if filepath.Base(os.Args[0]) == poststopName {
		if err := poststop(os.Stdin); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", poststopName, err)
			os.Exit(1)
		}
		return
	}
	args := os.Args[1:]
	if len(args) > 0 && verb.Is(args[0]) {
		tool.Main(verb.Program())
	}
	if len(args) > 0 && args[0] == "run" {
		args = args[1:]
	}
	if len(args) > 0 && args[0] == "completion" {
		code, err := completion(args[1:])
		finish(code, err)
	}
	code, err := start(args)
	finish(code, err)
}

func finish(code int, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "gt-run: %v\n", err)
	}
	os.Exit(code)
}

// codeOf is the code of what has no other than ours.
func codeOf(err error) int {
	if err != nil {
		return exitFailed
	}
	return 0
}

func start(args []string) (int, error) {
	o, err := parse(args, os.Stdout)
	if errors.Is(err, errHelp) {
		return 0, nil
	}
	if err != nil {
		return exitFailed, err
	}
	if o.Version {
		_, err := fmt.Printf("gt-run version %s\ncommit: %s\n", tool.Version, tool.Commit)
		return codeOf(err), err
	}
	if o.outside() && !o.DryRun {
		return enter(o)
	}
	ask, err := o.ask()
	if err != nil {
		return exitFailed, err
	}
	if o.DryRun {
		err := dryRun(o, ask)
		return codeOf(err), err
	}
	if o.direct(ask) {
		return attend(o, ask)
	}
	return run(o, ask)
}
