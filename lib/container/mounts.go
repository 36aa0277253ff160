package container

import (
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/birth"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/mount"
	"github.com/gophertainer/gophertainer/lib/ns"
	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/spec"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// AddMounts puts mounts into a container that is there, all or none, and into
// its frozen configuration, so that exec, a checkpoint and its restore know
// them. text is an array of mounts as in a config.json, or an object with one.
func (rt *Runtime) AddMounts(id string, text []byte) error {
	return rt.changeMounts(id, text, (*Container).addMounts)
}

// RemoveMounts takes them away again, by destination, the last first.
func (rt *Runtime) RemoveMounts(id string, text []byte) error {
	return rt.changeMounts(id, text, (*Container).removeMounts)
}

func (rt *Runtime) changeMounts(id string, text []byte, do func(*Container, []specs.Mount, [][]byte) error) error {
	c, err := rt.Locked(id)
	if err != nil {
		return err
	}
	defer c.Unlock()
	if err := c.need(state.Running, state.Created, state.Paused); err != nil {
		return err
	}
	list, raw, err := c.readMounts(text)
	if err != nil {
		return err
	}
	return do(c, list, raw)
}

// readMounts checks mounts where they will stand: in the container's own
// configuration, in place of those there. Pointers count from their first.
func (c *Container) readMounts(text []byte) ([]specs.Mount, [][]byte, error) {
	raw, err := mountsOf(text, "need an array of mounts, or an object with one")
	if err != nil {
		return nil, nil, err
	}
	config, err := c.ReadConfig()
	if err != nil {
		return nil, nil, err
	}
	merged, err := withMounts(config, raw)
	if err != nil {
		return nil, nil, err
	}
	s, err := spec.Decode(merged)
	if err == nil {
		err = spec.Check(s)
	}
	if err != nil {
		return nil, nil, err
	}
	return s.Mounts, raw, nil
}

func (c *Container) addMounts(list []specs.Mount, raw [][]byte) error {
	for i := range list {
		err := c.addMount(&list[i], i)
		for undo := i - 1; err != nil && undo >= 0; undo-- {
			if uerr := c.takeMount(&list[undo], undo); uerr != nil {
				c.rt.Warn("undo: %v", uerr)
			}
		}
		if err != nil {
			return err
		}
		c.rt.record("mount", c.ID, "destination", list[i].Destination)
	}
	return c.recordMounts(func(have [][]byte) [][]byte { return append(have, raw...) })
}

func (c *Container) removeMounts(list []specs.Mount, _ [][]byte) error {
	for i := len(list) - 1; i >= 0; i-- {
		if err := c.takeMount(&list[i], i); err != nil {
			return err
		}
		c.rt.record("unmount", c.ID, "destination", list[i].Destination)
		if err := c.recordMounts(func(have [][]byte) [][]byte { return without(have, list[i].Destination) }); err != nil {
			return err
		}
	}
	return nil
}

func (c *Container) addMount(m *specs.Mount, index int) error {
	p := &plan.Plan{}
	s, err := c.spec()
	if err != nil {
		return err
	}
	h := mount.Host{Bundle: c.State.Bundle, Hierarchies: hierarchies(c.Group), Label: s.Linux.MountLabel}
	for _, n := range s.Linux.Namespaces {
		h.CgroupNS = h.CgroupNS || n.Type == specs.CgroupNamespace
		h.UserNS = h.UserNS || n.Type == specs.UserNamespace
	}
	if err := mount.Add(m, index, p, h); err != nil {
		return err
	}
	var files []int
	defer func() {
		for _, fd := range files {
			_ = unix.Close(fd)
		}
	}()
	for i := range p.Steps {
		step := &p.Steps[i]
		if step.Op != plan.OpBind || step.FD != 0 {
			continue
		}
		fd, err := c.sourceTree(m, step)
		if err != nil {
			return err
		}
		files = append(files, fd)
		step.FD = len(files)
	}
	return c.live(p, files, mount.Namespaces(m))
}

// sourceTree is what a bind shows, detached: the container never sees a name of
// the host.
func (c *Container) sourceTree(m *specs.Mount, s *plan.Step) (int, error) {
	if mount.Mapped(m) {
		return mapped(m, s.Member, c.State.Bundle, c.State.Pid)
	}
	fd, err := tree(s.Source, s.Flags&unix.MS_REC != 0)
	if err != nil {
		return -1, &fail.Error{Member: s.Member + "/source", Op: "open " + s.Source, Cause: err}
	}
	return fd, nil
}

func (c *Container) takeMount(m *specs.Mount, index int) error {
	p := &plan.Plan{}
	if err := mount.Take(m, index, p); err != nil {
		return err
	}
	return c.live(p, nil, unix.CLONE_NEWUSER|unix.CLONE_NEWNS)
}

// live runs a plan in some of the container's namespaces. The process is in its
// PID namespace only if it has to be: what the container cannot see it cannot
// trace.
func (c *Container) live(p *plan.Plan, files []int, kinds uint64) error {
	set, err := ns.Of(itoa(c.State.Pid))
	if err != nil {
		return err
	}
	defer set.Close()
	if alive, err := state.Alive(c.State.Pid, c.State.PidStart); err != nil || !alive {
		return fail.New(fail.CodeStatus, "container not running: is stopped, need running")
	}
	var join []sys.Join
	for _, j := range set.Join {
		if kinds&uint64(j.Flags) != 0 {
			join = append(join, j)
		}
	}
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(null)
	some := &ns.Set{Join: join}
	born, err := birth.Bear(&birth.Request{
		Namespace: some, Cgroup: -1, Stdio: [3]int{null, null, null}, RootUID: some.Has(unix.CLONE_NEWUSER),
		Plan: func(int) (*plan.Plan, []int, error) { return p, files, nil },
	})
	if err != nil {
		return err
	}
	defer unix.Close(born.PidFD)
	code, err := Wait(born.Pid)
	if err == nil && code != 0 {
		err = fail.New(fail.CodeStep, "gt-init ended with exit code %d and no word", code)
	}
	return err
}

// recordMounts changes the mounts of the frozen configuration.
func (c *Container) recordMounts(change func([][]byte) [][]byte) error {
	config, err := c.ReadConfig()
	if err != nil {
		return err
	}
	have, err := mountsOf(config, "")
	if err != nil {
		return err
	}
	if config, err = withMounts(config, change(have)); err != nil {
		return err
	}
	return c.WriteConfig(config)
}

// mountsOf are the mounts of an array, or of an object's member. need, if not
// empty, is said of a text that has none.
func mountsOf(text []byte, need string) (list [][]byte, err error) {
	take := func(r *json.Reader) { r.Array(func(int) { list = append(list, r.Raw()) }) }
	r := json.NewReader(text)
	if first := firstByte(text); first == '[' {
		take(r)
	} else {
		r.Object(func(name string) {
			if name == "mounts" {
				list, need = nil, ""
				take(r)
			}
		})
	}
	if err := r.End(); err != nil {
		return nil, fail.New(fail.CodeInput, "%w", err)
	}
	if firstByte(text) != '[' && need != "" {
		return nil, fail.New(fail.CodeInput, "have no member mounts, %s", need)
	}
	return list, nil
}

func firstByte(text []byte) byte {
	for _, c := range text {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c
		}
	}
	return 0
}

// withMounts is a configuration with other mounts.
func withMounts(config []byte, mounts [][]byte) ([]byte, error) {
	var w json.Writer
	w.Object()
	r := json.NewReader(config)
	r.Object(func(name string) {
		value := r.Raw()
		if name != "mounts" && value != nil {
			w.Name(name)
			w.Raw(value)
		}
	})
	w.Name("mounts")
	w.Array()
	for _, m := range mounts {
		w.Raw(m)
	}
	w.EndArray()
	w.EndObject()
	return w.Bytes(), r.End()
}

// without drops the last mount with a destination.
func without(list [][]byte, destination string) [][]byte {
	for i := len(list) - 1; i >= 0; i-- {
		have, r := "", json.NewReader(list[i])
		r.Object(func(name string) {
			if name == "destination" {
				have = r.String()
			}
		})
		if have == destination {
			return append(list[:i:i], list[i+1:]...)
		}
	}
	return list
}
