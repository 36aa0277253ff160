package main

import (
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// restore hands over as checkpoint does. containerd sends -no-subreaper with
// one dash, which the option table reads as the long name.
func restore(o *tool.Options) func(*tool.Call) error {
	h := &handover{}
	h.both(o)
	h.value(o, "bundle=DIR", 'b', "the bundle whose config.json rules the container")
	h.value(o, "pid-file=FILE", 0, "write the PID to FILE")
	h.value(o, "console-socket=SOCKET", 0, "hand the terminal's master to SOCKET")
	h.value(o, "lsm-profile=TYPE:NAME", 0, "another security label for the processes")
	h.value(o, "lsm-mount-context=CONTEXT", 0, "another security label for the mounts")
	h.bool(o, "tcp-close", 0, "bring TCP connections back closed")
	h.bool(o, "detach", 'd', "do not wait for the end")
	h.bool(o, "no-subreaper", 0, "accepted: gt-ckpt never becomes a subreaper")
	h.bool(o, "no-pivot", 0, "accepted: CRIU decides how the root is entered")
	return func(c *tool.Call) error {
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		if rt.Systemd {
			return fail.Usage("--systemd-cgroup: CRIU restores into no scope, need the cgroupfs driver and a cgroupsPath for it")
		}
		return h.become(c, "restore")
	}
}
