// Gt-oci is an OCI container runtime with runc's command line.
//
// # Synopsis
//
//	gt-oci [--root DIR] [--log FILE] [--log-format text|json] [--debug] COMMAND [options] [ID] [arguments]
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
// --root DIR is the state directory: $GOPHERTAINER_ROOT, else /run/oci-runtime
// for root and $XDG_RUNTIME_DIR/oci-runtime for others. --log FILE appends errors
// to FILE as --log-format says. --debug says more, as DEBUG=1 does.
// --systemd-cgroup is refused: the cgroupfs driver is the one there is.
// events --stats prints the usage of a container. gc removes containers whose
// create was killed; gc --all has gt-rootfs and gt-net collect theirs, too.
// --cgroup-manager cgroupfs|systemd|disabled is crun's: with disabled, a container
// stays in the cgroups of its caller and can have no limits.
// lint --json prints one object a line, with level, code, pointer and message.
// --criu PATH names the CRIU that checkpoint and restore use through gt-ckpt.
// --rootless true|false|auto is accepted. --trace FILE writes the time of each step of a birth.
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
// for a failure of its own.
package main

import (
	"strings"

	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// global are options that runc takes before the command.
type globals struct {
	systemd  bool
	rootless string
	manager  string
	trace    string
	criu     string
}

var global globals

func main() {
	roomy()
	tool.Main(&tool.Program{
		Name:        "gt-oci",
		Summary:     "makes and rules OCI containers",
		VersionText: version,
		Options: func(o *tool.Options) {
			o.Bool(&global.systemd, "systemd-cgroup", 0, "use the systemd cgroup driver (refused)")
			o.Enum(&global.manager, "cgroup-manager", 0, []string{"cgroupfs", "systemd", "disabled"}, "crun's option: who makes cgroups (systemd is refused)")
			o.String(&global.rootless, "rootless", 0, "true|false|auto", "accepted; what is missing is named where it is needed")
			o.String(&global.criu, "criu", 0, "PATH", "the CRIU for checkpoint and restore ($CRIU_PATH, else criu in $PATH)")
			o.String(&global.trace, "trace", 0, "FILE", "append the time of each step of a birth to FILE")
		},
		Exit: func(verb string, err error) int {
			if verb == "exec" {
				return 255
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
	if global.systemd || global.manager == "systemd" {
		return nil, fail.Usage("--systemd-cgroup: have no systemd driver, need the cgroupfs driver")
	}
	switch global.rootless {
	case "", "true", "false", "auto":
	default:
		return nil, fail.Usage("--rootless: have %q, need true, false or auto", global.rootless)
	}
	return &container.Runtime{Root: c.Root, Warn: c.Warnf, Trace: global.trace, NoCgroup: global.manager == "disabled"}, nil
}

// first is the ID, or "" to read states from stdin.
func first(c *tool.Call) string {
	if len(c.Args) == 0 {
		return ""
	}
	return c.Args[0]
}
