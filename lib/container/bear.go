package container

import (
	"os"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/birth"
	"github.com/gophertainer/gophertainer/lib/cgroup"
	"github.com/gophertainer/gophertainer/lib/cred"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/mount"
	"github.com/gophertainer/gophertainer/lib/ns"
	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/seccomp"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// bear makes the process. What is pending is written before the plan is sent:
// until then the process ends by itself when its parent does. It is there for
// hooks that ask, too.
func (c *creation) bear() (*birth.Born, error) {
	dir, err := c.group.OpenDir()
	if err != nil {
		return nil, err
	}
	if dir >= 0 {
		defer unix.Close(dir)
	}
	s := c.spec // another one than plugins may leave
	r := &birth.Request{
		Namespace: c.set, Maps: s.Linux, Cgroup: dir, Stdio: c.o.Stdio, Preserve: c.o.Preserve,
		Plan: c.plan, Sent: c.o.Sent, Sync: c.sync, Console: c.console, Died: c.died, Times: c.times,
		RootUID: c.set.Has(unix.CLONE_NEWUSER),
		Born:    func(pid int) error { return c.born(pid, s.Process) },
	}
	if tight(s.Linux.Resources) {
		r.Stuck = c.stuck
	}
	c.ahead.begin(c.equip)
	born, err := birth.Bear(r)
	c.doors.close()
	if err != nil {
		c.asked.drop()
		_ = c.ahead.join() // its error has come, or is none of the birth's
		return nil, c.starving(err)
	}
	c.later(func() { c.end(born) })
	if err := tell(born, c.o.Born, c.o.PidFile); err != nil {
		return nil, err
	}
	return born, c.entry.Commit()
}

// tell hands over the process, and its PID.
func tell(born *birth.Born, to func(*birth.Born) error, pidFile string) error {
	if to != nil {
		if err := to(born); err != nil {
			return err
		}
	}
	return writePid(pidFile, born.Pid)
}

// end takes the process back. Without a gate its program runs already, and
// without a PID namespace may have left others in the group.
func (c *creation) end(born *birth.Born) {
	born.Kill()
	if !c.o.Gate {
		c.warn(ungroup(c.group))
	}
}

func (c *creation) born(pid int, p *specs.Process) error {
	if err := c.group.Begin(pid); err != nil {
		return err
	}
	if p.OOMScoreAdj != nil {
		if err := oomScore(pid, *p.OOMScoreAdj, c.rt.Warn); err != nil {
			return err
		}
	}
	if c.set.Creates(unix.CLONE_NEWUSER) {
		if err := limits(pid, p); err != nil {
			return err
		}
	}
	start, err := state.StartTime(pid)
	if err != nil {
		return err
	}
	boot, err := state.BootID()
	if err != nil {
		return err
	}
	c.st.Pid, c.st.PidStart, c.st.BootID = pid, start, boot
	return c.entry.WritePending(c.st)
}

// limits are the parent's to set where a user namespace takes the right to
// raise them away from the child.
func limits(pid int, p *specs.Process) error {
	for i, l := range p.Rlimits {
		n, ok := cred.Resource(l.Type)
		if !ok {
			return fail.Spec("/process/rlimits/"+strconv.Itoa(i)+"/type", "%q is no resource limit, need one of getrlimit(2)", l.Type)
		}
		if err := unix.Prlimit(pid, n, &unix.Rlimit{Cur: l.Soft, Max: l.Hard}, nil); err != nil {
			e := fail.New("", "set %s: %w", l.Type, err)
			e.Member = "/process/rlimits/" + strconv.Itoa(i)
			return e
		}
	}
	return nil
}

// oomScore: a process may always be made likelier to be killed; the other way
// needs CAP_SYS_RESOURCE (proc_pid_oom_score_adj(5)).
func oomScore(pid, value int, warn func(string, ...any)) error {
	err := os.WriteFile("/proc/"+strconv.Itoa(pid)+"/oom_score_adj", []byte(strconv.Itoa(value)), 0)
	if err == nil {
		return nil
	}
	e := &fail.Error{Member: "/process/oomScoreAdj", Op: "set oom_score_adj " + strconv.Itoa(value), Cause: err}
	if permitted, cerr := sys.CapGet(); cerr == nil && permitted&(1<<unix.CAP_SYS_RESOURCE) == 0 {
		e.Hint = "CAP_SYS_RESOURCE is missing"
	}
	return e
}

func (c *creation) plan(pid int) (*plan.Plan, []int, error) {
	if err := c.ahead.join(); err != nil {
		return nil, nil, err
	}
	if c.changed {
		c.describe()
		if err := c.entry.WritePending(c.st); err != nil {
			return nil, nil, err
		}
	}
	if c.set.Creates(unix.CLONE_NEWUSER) {
		if err := birth.Schedule(pid, c.spec.Process); err != nil {
			return nil, nil, err
		}
	}
	var files []int
	if c.gate >= 0 {
		files = append(files, c.gate)
		c.input.Gate = len(files)
	}
	if t := c.set.Time; t != nil {
		files = append(files, t.FD)
		c.input.Time = len(files)
	}
	if c.input.Filter.NeedsListener {
		sock, err := listener(c.input.Filter.ListenerPath)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, sock)
		c.input.Listener = len(files)
		c.input.Message = c.st.Process(c.st.Pid, c.input.Filter.ListenerMetadata, state.Creating)
		c.later(func() { _ = unix.Close(sock) })
	}
	var err error
	if c.input.Groups, err = c.doors.open(c.group, &files); err != nil {
		return nil, nil, err
	}
	trees, err := c.trees(len(files), pid)
	if err != nil {
		return nil, nil, err
	}
	files = append(files, trees...)
	if c.class != nil {
		if err := c.class.Add(pid); err != nil {
			return nil, nil, err
		}
	}
	c.input.State = c.st.OCI(state.Created)
	p, err := birth.Compile(&c.input)
	if err == nil {
		err = c.devices(pid)
	}
	return p, files, err
}

func listener(path string) (int, error) {
	sock, err := sys.Dial(path)
	if err != nil {
		return -1, &fail.Error{Member: "/linux/seccomp/listenerPath", Op: "connect to " + path, Cause: err}
	}
	return sock, nil
}

// sync runs the hooks that belong between the finished tree and pivot_root.
func (c *creation) sync(int) error {
	h := c.spec.Hooks
	c.hooked = true
	if err := c.rt.hooks("prestart", h.Prestart, c.st, state.Creating); err != nil { //nolint:staticcheck // Docker still sends it
		return err
	}
	return c.rt.hooks("createRuntime", h.CreateRuntime, c.st, state.Creating)
}

// hierarchies are the container's groups as its cgroup mount shows them.
func hierarchies(g *cgroup.Group) []mount.Hierarchy {
	var list []mount.Hierarchy
	for _, h := range g.Hierarchies() {
		list = append(list, mount.Hierarchy{Name: h.Name, Data: h.Data, Dir: h.Dir, Links: h.Links})
	}
	return list
}

// Plan compiles a bundle without making anything, for `gt-oci plan`.
func (rt *Runtime) Plan(id string, o *CreateOptions) (*plan.Plan, error) {
	o.Terminal = func(*os.File) error { return nil }
	c := &creation{rt: rt, o: o, gate: -1, st: &state.State{ID: id}}
	if err := c.load(); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	group, err := c.locate(id)
	if err != nil {
		return nil, err
	}
	c.group = group
	set, err := ns.Open(c.spec.Linux.Namespaces)
	if err != nil {
		return nil, err
	}
	defer set.Close()
	set.Offsets(len(c.spec.Linux.TimeOffsets) > 0)
	c.st.OCIVersion, c.st.Bundle, c.st.Rootfs = c.spec.Version, c.o.Bundle, rootfs(c.spec, c.o.Bundle)
	var groups []plan.Step
	for _, dir := range group.Doors() {
		groups = append(groups, plan.Step{Op: plan.OpGroup, Member: "/linux/cgroupsPath", Path: dir})
	}
	c.set, c.input = set, birth.Input{
		Groups: groups,
		Spec:   c.spec, Namespace: set, Permitted: ^cred.Set(0), NoKeyring: o.NoKeyring, ID: id, Gate: 1,
		Warn:   rt.Warn,
		State:  c.st.OCI(state.Creating),
		Filter: seccomp.Program{},
		Host: mount.Host{
			Bundle: o.Bundle, Hierarchies: hierarchies(group), CgroupNS: set.Has(unix.CLONE_NEWCGROUP),
			UserNS: set.Has(unix.CLONE_NEWUSER), NoPivot: o.NoPivot, Label: c.spec.Linux.MountLabel,
		},
	}
	return birth.Compile(&c.input)
}
