// Gt-run starts a command in a container, from a root filesystem to the exit
// code, in one line.
//
// # Synopsis
//
//	gt-run [OPTIONS] [--] COMMAND [ARGUMENT…]
//	gt-run [OPTIONS] --cmd "COMMAND ARGUMENT…"
//	gt-run [OPTIONS] -i
//
// # Description
//
// Gt-run writes a bundle and lets the tools beside it do the rest: gt-rootfs
// unpacks or mounts the root filesystem, gt-seccomp gives the default profile,
// gt-oci runs the container. Signals are passed on to the command, and with
// --interactive and --tty the terminal is its own. What runs can be seen with
// --dry-run.
//
// A container without --name is gone when its command has ended. With --name
// it stays, stopped, for gt-oci to look at; "gt-oci delete NAME" removes it
// and its bundle. --rm removes a named one too. A detached container stays
// until it is deleted; what it writes is in output.log in its bundle.
//
// The defaults are tight: private pid, network, ipc, uts, mount and cgroup
// namespaces, Docker's seccomp profile, Docker's 14 capabilities or as many of
// them as the caller has, masked and read-only paths in /proc and /sys. Stdin
// is /dev/null without --interactive. The only variables inside are PATH, HOME,
// HOSTNAME, with a terminal TERM, and those that --env and --env-file name;
// with the host's root, PATH, TERM, TZ and the locale are the caller's.
//
// # Options
//
//	--name NAME           the ID; a random one if not given
//	--rootfs PATH         a directory, used in place: what the container writes
//	                      stays; a tar archive (plain, gzip, zstd), unpacked for
//	                      this container; tiny, the built-in one; host (default),
//	                      a throw-away view of this machine's own root, where
//	                      secrets are hidden. A directory of that name: ./tiny
//	--cmd COMMAND         the command as one text, cut into words as a shell does;
//	                      no shell runs it
//	-i, --interactive     pass stdin on; without a command, run /bin/sh
//	-t, --tty             give the command a terminal
//	--mem SIZE            memory limit: 512 (megabytes), 512m, 1.5g, 4096k, 1048576b
//	--cpu NUMBER          processors, at least 0.01: 0.5, 2
//	--pids NUMBER         most processes and threads
//	-v, --volume HOST:CONTAINER[:OPTIONS]
//	                      bind a directory or file that exists; a relative HOST
//	                      begins with a dot. OPTIONS: ro rw, bind rbind, private
//	                      rprivate shared rshared slave rslave, suid nosuid, dev
//	                      nodev, exec noexec; presets rw,rbind,rprivate,nosuid,nodev.
//	                      A volume over a hidden file shows it
//	-e, --env NAME=VALUE  set a variable; NAME alone copies the caller's, if he has it
//	--env-file FILE       a NAME=VALUE or NAME a line; # begins a comment line
//	-u, --user USER[:GROUP]
//	                      numbers or names, these from the container's passwd and
//	                      group. A number is never looked up as a name. Without
//	                      GROUP: the user's groups there, else a group of the same
//	                      number, not group 0
//	-w, --workdir DIR     absolute
//	--hostname NAME       the container's name if not given
//	--read-only           the root filesystem cannot be written to
//	--no-new-privs        setuid programs gain nothing; always so with host
//	--seccomp PROFILE     a file with an OCI seccomp object, or unconfined
//	--rm                  remove the container at its end, also a named one
//	-d, --detach          print the name when the command has been started
//	--rootless            be root in a user namespace, in which nobody else is;
//	                      always so unless root calls, who cannot ask for it
//	--net NETWORK         none (default: loopback only) or host
//	--net CIDR, --net6, --cni, --bridge
//	                      refused until gt-net is there
//	--root DIR            the state directory
//	--debug               show what gt-oci logs, at the end
//	--dry-run             print the commands and config.json, and do nothing
//	--help, --version
//
// # Environment
//
//	GOPHERTAINER_DATA   bundles are made in $GOPHERTAINER_DATA/bundles; else in
//	                    /var/lib/gophertainer for root, and in
//	                    $XDG_DATA_HOME/gophertainer (~/.local/share) for others
//	GOPHERTAINER_ROOT   the state directory, as --root names it
//	DEBUG=1             the same as --debug
//
// # Examples
//
//	gt-run -- make test
//	gt-run --name alpine-test --rootfs alpine.tar.gz --cmd "/bin/sh" -i -t
//	gt-run --rootfs tiny --mem 64 --pids 32 --cpu 0.5 --hostname gopher -- ps
//	gt-run --name web --rootfs /srv/nginx --cmd "nginx -g 'daemon off;'" -v /var/www:/usr/share/nginx/html:ro -d
//
// # Exit status
//
// The command's own; 128+n if signal n ended it. 125: gt-run failed or refused.
// 126: the command cannot be executed. 127: it is not there.
//
// As a hook: called by the name gt-run-poststop with a container's state on
// stdin, it removes the bundle. Its bundles carry this hook.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

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
	code, err := start(os.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "gt-run: %v\n", err)
	}
	os.Exit(code)
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
		return 0, err
	}
	ask, err := o.ask()
	if err != nil {
		return exitFailed, err
	}
	if o.DryRun {
		return 0, dryRun(o, ask)
	}
	return run(o, ask)
}
