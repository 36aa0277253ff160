package main

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// handover is a command line for gt-ckpt, which does what needs CRIU: gt-oci
// reads it as runc would and passes it on.
type handover struct {
	args     []string
	switches map[string]*bool
}

// value is an option NAME=ARG.
func (h *handover) value(o *tool.Options, form string, short byte, help string) {
	name, arg, _ := strings.Cut(form, "=")
	o.Func(func(v string) error {
		h.args = append(h.args, "--"+name+"="+v)
		return nil
	}, name, short, arg, help)
}

func (h *handover) bool(o *tool.Options, name string, short byte, help string) {
	v := new(bool)
	h.switches[name] = v
	o.Bool(v, name, short, help)
}

// both declares what checkpoint and restore have in common.
func (h *handover) both(o *tool.Options) {
	h.switches = map[string]*bool{}
	h.value(o, "image-path=DIR", 0, "directory of CRIU's images, instead of the store")
	h.value(o, "work-path=DIR", 0, "directory for CRIU's log and statistics")
	h.value(o, "parent-path=DIR", 0, "images of an earlier pre-dump, relative to those of this one")
	h.bool(o, "tcp-established", 0, "take TCP connections along")
	h.bool(o, "ext-unix-sk", 0, "take unix sockets that lead outside along")
	h.bool(o, "shell-job", 0, "take a terminal or session of a shell along")
	h.bool(o, "file-locks", 0, "take file locks along")
	h.bool(o, "lazy-pages", 0, "bring memory when it is touched")
	h.bool(o, "auto-dedup", 0, "drop pages of earlier rounds that are not needed")
	h.value(o, "manage-cgroups-mode=soft|full|strict|ignore", 0, "what CRIU does with cgroups; by default the spec rules them")
	h.value(o, "empty-ns=network", 0, "leave the contents of a namespace out")
}

// become replaces this process by gt-ckpt: what an engine waits for, and what
// it signals, stays the same process.
func (h *handover) become(c *tool.Call, verb string) error {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	path := filepath.Join(filepath.Dir(exe), "gt-ckpt")
	argv := []string{"gt-ckpt", "--root=" + c.Root, "--log-format=" + c.LogFormat}
	if c.Log != "" {
		argv = append(argv, "--log="+c.Log)
	}
	if c.Debug {
		argv = append(argv, "--debug")
	}
	if global.criu != "" {
		argv = append(argv, "--criu="+global.criu)
	}
	if global.manager == "disabled" {
		argv = append(argv, "--cgroup-manager=disabled")
	}
	argv = append(append(argv, verb), h.args...)
	for name, v := range h.switches {
		if *v {
			argv = append(argv, "--"+name)
		}
	}
	argv = append(append(argv, "--"), c.Args...)
	defer sys.PlainSlack()()
	err = unix.Exec(path, argv, os.Environ())
	if err == unix.ENOENT {
		return fail.New(fail.CodeHost, "gt-ckpt is not installed beside %s", exe)
	}
	return &fail.Error{Code: fail.CodeHost, Op: "execute " + path, Cause: err}
}

func checkpoint(o *tool.Options) func(*tool.Call) error {
	h := &handover{}
	h.both(o)
	h.bool(o, "link-remap", 0, "give open files that were deleted, and have another name, a name in the root until the restore")
	h.bool(o, "tcp-skip-in-flight", 0, "leave out TCP connections that are just being made")
	h.bool(o, "leave-running", 0, "let the container go on")
	h.bool(o, "pre-dump", 0, "write the memory only and let the container go on")
	h.value(o, "status-fd=FD", 0, "write a zero byte to FD when lazy pages can be asked for")
	h.value(o, "page-server=ADDRESS:PORT", 0, "send the memory to a CRIU page server")
	return func(c *tool.Call) error {
		if _, err := runtime(c); err != nil {
			return err
		}
		return h.become(c, "dump")
	}
}
