// Package container is the life of a container, one verb a file. It joins what
// the floors below know separately: the state directory, the cgroup, the birth,
// the hooks, the event log.
package container

import (
	"os"
	"path/filepath"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/cgroup"
	"github.com/gophertainer/gophertainer/lib/event"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/hook"
	"github.com/gophertainer/gophertainer/lib/spec"
	"github.com/gophertainer/gophertainer/lib/state"
)

// A Runtime is a state directory and what was said on the command line.
type Runtime struct {
	Root    string // state directory
	Systemd bool   // scopes of systemd instead of plain cgroups
	Warn    func(format string, args ...any)
	Trace   string // file for the time of each step, "" for none
	// NoCgroup leaves the processes of a container in the caller's groups.
	NoCgroup bool
	// Silent: the event log is not told, as nobody reads it there.
	Silent bool
}

// A Container is one that exists: its entry, what is written there, and its
// cgroup.
type Container struct {
	*state.Entry
	State  *state.State
	Group  *cgroup.Group
	Status state.Status
	past   bool // of an earlier boot: it has no group and no class any more
	rt     *Runtime
	config *specs.Spec // the frozen copy, once it was read
}

// Open reads a container. The caller unlocks it; read-only verbs need no lock.
func (rt *Runtime) Open(id string) (*Container, error) {
	root, err := state.Open(rt.Root)
	if err != nil {
		return nil, err
	}
	e, err := root.Entry(id)
	if err != nil {
		return nil, err
	}
	return rt.load(e)
}

func (rt *Runtime) load(e *state.Entry) (*Container, error) {
	st, err := e.ReadState()
	if err != nil {
		return nil, err
	}
	mode, err := cgroup.ParseMode(st.CgroupMode)
	if err != nil {
		return nil, err
	}
	c := &Container{Entry: e, State: st, Group: cgroup.Load(mode, nil), rt: rt}
	if c.past, err = st.Past(); err != nil {
		return nil, err
	}
	if !c.past {
		c.Group = cgroup.Load(mode, st.Cgroups)
		if err := c.Group.Belongs(st.Unit); err != nil {
			return nil, err
		}
	}
	c.Status, err = c.status()
	return c, err
}

// Locked opens a container and takes its lock, for verbs that change it.
func (rt *Runtime) Locked(id string) (*Container, error) {
	root, err := state.Open(rt.Root)
	if err != nil {
		return nil, err
	}
	e, err := root.Entry(id)
	if err != nil {
		return nil, err
	}
	if err := e.Lock(); err != nil {
		return nil, err
	}
	c, err := rt.load(e)
	if err == nil {
		err = c.awake()
	}
	if err != nil {
		e.Unlock()
		return nil, err
	}
	return c, nil
}

// awake ends a restore that was killed when all was there: the lock is ours.
func (c *Container) awake() error {
	if !c.State.Reviving || c.State.Pending {
		return nil
	}
	if c.Status == state.Running || c.Status == state.Paused {
		if err := c.rt.letGo(c.Entry, c.State, c.Group); err != nil {
			return err
		}
		c.Status = state.Running
	}
	return nil
}

// status derives: alive and gated is created, alive is running, frozen is
// paused.
func (c *Container) status() (state.Status, error) {
	s, err := c.Entry.Status(c.State)
	if err != nil || s != state.Running && s != state.Paused {
		return s, err
	}
	switch {
	case stands(c.Group):
		return state.Paused, nil
	case s == state.Paused: // who held the gate, or let it go, was killed
		return state.Created, nil
	}
	return s, nil
}

// stands tells whether a group is frozen; one that is gone is not.
func stands(g *cgroup.Group) bool {
	frozen, err := g.Frozen()
	return err == nil && frozen
}

// need refuses a verb in the wrong status.
func (c *Container) need(ok ...state.Status) error {
	for _, s := range ok {
		if c.Status == s {
			return nil
		}
	}
	words := string(ok[0])
	for _, s := range ok[1:] {
		words += " or " + string(s)
	}
	if c.Status == state.Stopped && ok[0] == state.Running {
		return fail.New(fail.CodeStatus, "container not running: is %s, need %s", c.Status, words)
	}
	return fail.New(fail.CodeStatus, "container is %s, need %s", c.Status, words)
}

// spec reads the frozen copy of config.json.
func (c *Container) spec() (*specs.Spec, error) {
	if c.config != nil {
		return c.config, nil
	}
	raw, err := c.ReadConfig()
	if err != nil {
		return nil, err
	}
	c.config, err = spec.Decode(raw)
	return c.config, err
}

func (rt *Runtime) record(kind, id string, pairs ...string) {
	if rt.Silent {
		return
	}
	if err := event.Append(rt.Root, event.New(kind, id, pairs...)); err != nil {
		rt.Warn("append to the event log: %v", err)
	}
}

// hooks runs a list of host hooks with the state on stdin.
func (rt *Runtime) hooks(kind string, list []specs.Hook, st *state.State, status state.Status) error {
	if len(list) == 0 {
		return nil
	}
	return hook.Run(kind, list, st.OCI(status), hook.Options{Dir: st.Bundle})
}

// poststop runs each of the hooks, whatever the others say: the container is
// gone, and their errors are warnings (runtime-spec runtime.md, "Lifecycle" 13).
func (rt *Runtime) poststop(list []specs.Hook, st *state.State) {
	if len(list) == 0 {
		return
	}
	dir := st.Bundle
	if filepath.Dir(dir) == rt.Root { // the entry was the bundle
		dir = rt.Root
	}
	err := hook.Run("poststop", list, st.OCI(state.Stopped), hook.Options{
		Dir: dir, Failed: func(err error) { rt.Warn("%v", err) },
	})
	if err != nil {
		rt.Warn("%v", err)
	}
}

// Pidfd opens the container's init, checked to be the one of the state; ESRCH
// says that it has ended. The descriptor is the caller's.
func (c *Container) Pidfd() (int, error) { return c.pidfd() }

// alive opens the container's init, checked to be the one of the state.
func (c *Container) pidfd() (int, error) {
	if c.past { // a process of this boot may have its number, and the same start
		return -1, unix.ESRCH
	}
	fd, err := unix.PidfdOpen(c.State.Pid, 0)
	if err != nil {
		return -1, err
	}
	if ok, err := state.Alive(c.State.Pid, c.State.PidStart); err != nil || !ok {
		_ = unix.Close(fd)
		return -1, unix.ESRCH
	}
	return fd, nil
}

func now() string { return time.Now().UTC().Format(time.RFC3339Nano) }

func writePid(path string, pid int) error {
	if path == "" {
		return nil
	}
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, []byte(itoa(pid)), 0o644); err != nil {
		return err
	}
	err := os.Rename(tmp, path)
	if err != nil {
		_ = os.Remove(tmp)
	}
	return err
}
