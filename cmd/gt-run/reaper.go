package main

import (
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/cmd/gt-run/internal/sibling"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// reaperPath is where the container sees the process 1 of --init.
const reaperPath = "/dev/gt-reap"

// reaper puts gt-mon, in its role as process 1, in front of the command. The
// container sees it through a read-only mount of its own, which keeps the host's
// file from being written (CVE-2019-5736).
func (o *options) reaper(w *wish) error {
	if !o.Init {
		return nil
	}
	if w.ofImage {
		return fail.Usage("--init: have no command, need one: the image's is not known yet")
	}
	if slices.ContainsFunc(w.Shared, func(n specs.LinuxNamespace) bool { return n.Type == specs.PIDNamespace }) {
		return fail.Usage("--init and --pid %s are both there, need one", o.Pid)
	}
	path, err := sibling.Path("gt-mon")
	if err != nil {
		return err
	}
	w.Volumes = append(w.Volumes, specs.Mount{
		Destination: reaperPath, Type: "bind", Source: path, Options: []string{"bind", "ro", "nosuid", "nodev", "private"},
	})
	w.Args = append([]string{reaperPath, "reap", "--"}, w.Args...)
	return nil
}
