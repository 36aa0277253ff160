package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/attach"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/bundle"
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/names"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plugin"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// asked is the command line of up.
type asked struct {
	q       attach.Request
	netns   string
	noFiles bool
	cni     string // a CNI network
	cniConf string
	cniBin  []string
}

func up(o *tool.Options) func(*tool.Call) error {
	a := &asked{}
	a.q.Mode, a.q.IfName, a.cniConf = "bridge", "eth0", "/etc/cni/net.d"
	a.declare(o)
	networkOptions(o, &a.q.Want)
	return func(c *tool.Call) error {
		if err := a.settle(); err != nil {
			return err
		}
		h, err := host(c)
		if err != nil {
			return err
		}
		return c.Each(first(c), func(in tool.Input) ([]byte, error) {
			q := a.q
			if err := a.find(c, in, &q); err != nil {
				return nil, err
			}
			return in.Raw, a.up(c, h, &q)
		})
	}
}

// first is the ID, "" if none was given.
func first(c *tool.Call) string {
	if len(c.Args) == 0 {
		return ""
	}
	return c.Args[0]
}

// find fills in who the container is.
func (a *asked) find(c *tool.Call, in tool.Input, q *attach.Request) error {
	if err := state.CheckID(in.ID); err != nil {
		return err
	}
	q.ID, q.Bundle, q.NetNS = in.ID, in.Bundle, a.netns
	if a.netns != "" {
		abs, err := filepath.Abs(a.netns)
		q.NetNS = abs
		return err
	}
	pid, start := in.Pid, uint64(0)
	if in.Raw == nil {
		s, err := stateOf(c.Root, in.ID)
		if err != nil {
			return err
		}
		pid, start, q.Bundle = s.Pid, s.PidStart, s.Bundle
	}
	if pid == 0 {
		return nil
	}
	if start == 0 {
		at, err := state.StartTime(pid)
		if err != nil {
			return fail.New(fail.CodeStatus, "container is stopped, need created or running")
		}
		start = at
	}
	q.Pid, q.PidStart, q.NetNS = pid, start, "/proc/"+strconv.Itoa(pid)+"/ns/net"
	return nil
}

func stateOf(root, id string) (*state.State, error) {
	dir, err := state.Open(root)
	if err != nil {
		return nil, err
	}
	e, err := dir.Entry(id)
	if err != nil {
		return nil, err
	}
	return e.ReadState()
}

// up attaches one container in the mode that was asked for.
func (a *asked) up(c *tool.Call, h *attach.Host, q *attach.Request) error {
	if a.cni != "" {
		return a.upCNI(h, q)
	}
	if a.relayed() {
		return a.upRelayed(c, h, q)
	}
	kind, arg, _ := strings.Cut(q.Mode, ":")
	switch kind {
	case "none", "host", "container", "ns":
		if q.NetNS == "" {
			path, err := target(c.Root, kind, arg)
			if err != nil {
				return err
			}
			if err := bundle.SetNetwork(q.Bundle, kind == "host", path); err != nil || !q.FilesWanted {
				return err
			}
			files := map[string]string{"/etc/hosts": names.Hosts("", q.Hosts)}
			if text := q.Resolver.Text(); text != "" {
				files["/etc/resolv.conf"] = text
			}
			return bundle.SetFiles(q.Bundle, files)
		}
		if kind == "none" {
			if err := a.root(q); err != nil {
				return err
			}
			return h.None(q)
		}
		path, err := target(c.Root, kind, arg)
		if err != nil {
			return err
		}
		return attach.Same(q, path)
	}
	if q.NetNS == "" {
		return fail.New(fail.CodeStatus, "container is creating, mode %s needs it created", kind)
	}
	if kind == "plugin" {
		return upPlugin(c, q, arg)
	}
	if err := attach.Permitted(kind); err != nil {
		return err
	}
	if err := a.root(q); err != nil {
		return err
	}
	_, err := h.Up(q)
	if err == nil {
		tellEvent(c, plugin.NetworkEventSetup, q.ID, "mode", q.Mode)
	}
	return err
}

// root finds where hosts and resolv.conf are mounted.
func (a *asked) root(q *attach.Request) error {
	if a.noFiles {
		return nil
	}
	q.Files = q.Pid > 0
	if q.Bundle == "" {
		return nil
	}
	rootfs, err := bundle.Rootfs(q.Bundle)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	q.Rootfs = rootfs
	return err
}

// target is the namespace that a mode means, "" for a new one.
func target(root, kind, arg string) (string, error) {
	switch kind {
	case "host":
		return "/proc/self/ns/net", nil
	case "container":
		s, err := stateOf(root, arg)
		if err != nil {
			return "", err
		}
		alive, err := state.Alive(s.Pid, s.PidStart)
		if err == nil && !alive {
			err = fail.New(fail.CodeStatus, "container %s is stopped, need created or running", arg)
		}
		return "/proc/" + strconv.Itoa(s.Pid) + "/ns/net", err
	case "ns":
		abs, err := filepath.Abs(arg)
		if err == nil {
			err = attach.IsNamespace(abs)
		}
		return abs, err
	}
	return "", nil
}
