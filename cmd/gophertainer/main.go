// Gophertainer is the front door: one name for the tools that make up the
// container runtime. It becomes the tool that a command line is meant for.
//
// # Synopsis
//
//	gophertainer [GLOBAL OPTIONS] VERB [OPTIONS] ARGUMENTS
//	gophertainer OPTIONS [--] [COMMAND ARGUMENTS…]
//	gophertainer help [VERB]
//
// # Description
//
// With a verb, gophertainer is an OCI runtime with the command line of runc: it
// replaces itself by gt-oci, so that an engine may name it as its runtime.
// Without a verb, an option of gt-run or a lone -- makes it gt-run: one command
// from a root filesystem to a running container.
//
//	checkpoint restore checkpoint-list checkpoint-delete   gt-ckpt
//	plugin …                                               gt-plugin
//	any other verb                                         gt-oci
//	--name, --rootfs, … or --                              gt-run
//
// A tool is looked for beside the running gophertainer, never in $PATH. It is
// given the arguments, the environment and the open descriptors as they are,
// and has the same process ID. "gophertainer help VERB" is "VERB --help".
//
// # Options
//
// The global options before a verb are those of gt-oci: --root DIR, --log FILE,
// --log-format FORMAT, --log-level LEVEL, --debug, --systemd-cgroup,
// --rootless[=WHEN], --cgroup-manager NAME, --criu PATH, --help, --version. Of these, --root,
// --debug and --rootless may also stand before options of gt-run. A lone -v
// asks for the version; followed by a word it is the volume option of gt-run.
//
// # Environment
//
//	DEBUG=1             the same as --debug
//	GOPHERTAINER_ROOT   the state directory, as --root names it
//
// # Examples
//
//	gophertainer spec
//	gophertainer create web --bundle .
//	gophertainer list --format json
//	gophertainer --name shell --rootfs alpine.tar.gz --cmd /bin/sh -i -t
//	gophertainer --rootfs tiny -- ls -l /
//
// # Exit status
//
// That of the tool. If there is no such tool, or it cannot be executed: 125
// where gt-run was meant, else 1. Without arguments: 2.
package main

import "syscall"

func main() {
	args, err := arguments()
	if err != nil {
		quit("read /proc/self/cmdline: "+err.Error(), exitFailed)
	}
	c := choose(args)
	if c.tool == "" {
		show(c.exit)
	}
	quit(become(c.tool, c.args), c.exit)
}

// Exit codes of our own.
const (
	exitFailed = 1
	exitUsage  = 2
	exitRun    = 125 // in the place of gt-run, whose container has the lower codes
)

func quit(text string, code int) {
	write(2, "gophertainer: "+text+"\n")
	syscall.Exit(code)
}

func write(fd int, text string) bool {
	b := []byte(text)
	for len(b) > 0 {
		n, err := syscall.Write(fd, b)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return false
		}
		b = b[n:]
	}
	return true
}
