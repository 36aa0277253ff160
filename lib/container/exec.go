package container

import (
	"os"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/birth"
	"github.com/gophertainer/gophertainer/lib/cgroup"
	"github.com/gophertainer/gophertainer/lib/cred"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/ns"
	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/seccomp"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tty"
)

// ExecOptions are what exec takes beside the ID. Process is asked for the
// process, given the container's own.
type ExecOptions struct {
	Process       func(own *specs.Process) (*specs.Process, error)
	ConsoleSocket string
	Born          func(*birth.Born) error // of CreateOptions
	PidFile       string
	Preserve      int
	Stdio         [3]int
	IgnorePaused  bool
	Cgroups       []string // below the container's: PATH or CONTROLLERS:PATH
	Terminal      func(master *os.File) error
	// Sent, if not nil, is called while the process is at work on its plan; its
	// error ends the process.
	Sent func() error
}

// Exec makes a further process in a running container.
func (rt *Runtime) Exec(id string, o *ExecOptions) (*birth.Born, error) {
	c, err := rt.Open(id)
	if err != nil {
		return nil, err
	}
	if c.Status == state.Paused && o.IgnorePaused {
		c.Status = state.Running
	}
	if err := c.need(state.Running, state.Created); err != nil {
		return nil, err
	}
	s, err := c.spec()
	if err != nil {
		return nil, err
	}
	own := *s.Process
	p, err := o.Process(&own)
	if err != nil {
		return nil, err
	}
	if p.Terminal && o.ConsoleSocket == "" && o.Terminal == nil {
		return nil, fail.Spec("/process/terminal", "is true, need --console-socket to hand the terminal to")
	}
	return c.enter(s, p, o)
}

func (c *Container) enter(s *specs.Spec, p *specs.Process, o *ExecOptions) (*birth.Born, error) {
	set, err := ns.Of(itoa(c.State.Pid))
	if err != nil {
		return nil, err
	}
	defer set.Close()
	if alive, err := state.Alive(c.State.Pid, c.State.PidStart); err != nil || !alive {
		return nil, fail.New(fail.CodeStatus, "container not running: is stopped, need running")
	}
	group, err := c.Group.Below(o.Cgroups)
	if err != nil {
		return nil, err
	}
	dir, err := group.OpenDir()
	if err != nil {
		return nil, err
	}
	if dir >= 0 {
		defer unix.Close(dir)
	}
	in := &entry{
		c: c, group: group, spec: s, process: p, user: set.Has(unix.CLONE_NEWUSER), listener: -1, time: set.Time,
	}
	defer in.close()
	born, err := birth.Bear(&birth.Request{
		Namespace: set, Maps: s.Linux, Cgroup: dir, Preserve: o.Preserve, Stdio: o.Stdio, RootUID: in.user,
		Born: in.born, Plan: in.plan, Sent: o.Sent, Killed: in.killed, Affinity: initial(p),
		Console: func(master *os.File) error {
			if o.ConsoleSocket == "" {
				return o.Terminal(master)
			}
			defer master.Close()
			return tty.Send(o.ConsoleSocket, master)
		},
	})
	if err != nil {
		return nil, err
	}
	if err := tell(born, o.Born, o.PidFile); err != nil {
		born.Kill()
		return nil, err
	}
	c.rt.record("exec", c.ID, "pid", itoa(born.Pid))
	return born, nil
}

// entry is one process on its way into a container.
type entry struct {
	c       *Container
	group   *cgroup.Group
	spec    *specs.Spec
	process *specs.Process
	user    bool
	// listener is the socket for the filter's listener, -1 for none.
	listener int
	doors    doors
	time     *sys.Join // the container's time namespace, nil for the caller's
}

func (e *entry) close() {
	e.doors.close()
	if e.listener >= 0 {
		_ = unix.Close(e.listener)
	}
}

func (e *entry) born(pid int) error {
	if err := e.group.Begin(pid); err != nil {
		return err
	}
	if g, err := class(e.spec.Linux.IntelRdt, e.c.ID); err != nil {
		return err
	} else if g != nil {
		if err := g.Add(pid); err != nil {
			return err
		}
	}
	if e.process.OOMScoreAdj != nil {
		return oomScore(pid, *e.process.OOMScoreAdj, e.c.rt.Warn)
	}
	return nil
}

func (e *entry) plan(pid int) (*plan.Plan, []int, error) {
	filter, err := seccomp.Filter(e.spec.Linux.Seccomp, seccomp.Options{CacheDir: e.c.rt.Root + "/.seccomp", Stamp: plan.Stamp})
	if err != nil {
		return nil, nil, err
	}
	permitted, err := sys.CapGet()
	if err != nil {
		return nil, nil, err
	}
	if e.user {
		permitted = ^uint64(0)
	}
	o := cred.Options{Permitted: cred.Set(permitted), Warn: e.c.rt.Warn}
	if g := e.spec.Linux.GIDMappings; e.user && len(g) == 1 && g[0].Size == 1 {
		o.NoGroups = true
	}
	in := birth.Entry{Process: e.process, Spec: e.spec, Filter: filter, Credentials: o}
	var files []int
	if e.time != nil {
		files, in.Time = []int{e.time.FD}, 1
	}
	if filter.NeedsListener {
		if e.listener, err = listener(filter.ListenerPath); err != nil {
			return nil, nil, err
		}
		files = append(files, e.listener)
		in.Listener = len(files)
		in.Message = e.c.State.Process(pid, filter.ListenerMetadata, e.c.Status)
	}
	if in.Groups, err = e.doors.open(e.group, &files); err != nil {
		return nil, nil, err
	}
	p, err := birth.Enter(&in)
	return p, files, err
}

// initial is the list of CPUs on which a process is made.
func initial(p *specs.Process) string {
	if p.ExecCPUAffinity == nil {
		return ""
	}
	return p.ExecCPUAffinity.Initial
}
