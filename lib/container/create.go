package container

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/birth"
	"github.com/gophertainer/gophertainer/lib/cgroup"
	"github.com/gophertainer/gophertainer/lib/cred"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/link"
	"github.com/gophertainer/gophertainer/lib/mount"
	"github.com/gophertainer/gophertainer/lib/ns"
	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/rdt"
	"github.com/gophertainer/gophertainer/lib/seccomp"
	"github.com/gophertainer/gophertainer/lib/spec"
	"github.com/gophertainer/gophertainer/lib/state"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tty"
)

func itoa(i int) string { return strconv.Itoa(i) }

// CreateOptions are what create and run take beside the ID.
type CreateOptions struct {
	Bundle string
	Config string      // instead of BUNDLE/config.json
	Spec   *specs.Spec // instead of a file; the entry is the bundle then
	// Root makes the root filesystem of a Spec in the bundle at dir, just before the
	// process. What it returns, if not nil, takes that back where the birth fails.
	Root func(dir string) (undo func() error, err error)
	// Late, if not nil, finishes a Spec while the process is made: masks may come late.
	Late func(*specs.Spec) error
	// Passing: the container goes with its parent's wait. One that is stopped has
	// lost its parent, and is for Collect.
	Passing bool
	// Lean leaves out the v1 hierarchies of cgroups in which nothing is limited.
	Lean          bool
	ConsoleSocket string
	// Born, if not nil, is told of the process before the container is there, and
	// PidFile is written; an error of either ends both.
	Born      func(*birth.Born) error
	PidFile   string
	NoPivot   bool
	NoKeyring bool
	Preserve  int
	Env       []string // takes the place of what the spec has of the same names
	Stdio     [3]int
	// Terminal takes the master where there is no console socket (run in the
	// foreground); it owns it.
	Terminal func(master *os.File) error
	Gate     bool // wait for start
	// Tied: the program is killed when the calling process ends, however it does.
	// For who runs it; nobody could start it later.
	Tied bool
	// Sent, if not nil, is called while the process is at work on its plan; its
	// error ends the birth.
	Sent func() error
}

// creation is one create on its way; undo is its list of what to take back.
type creation struct {
	rt    *Runtime
	o     *CreateOptions
	spec  *specs.Spec
	raw   []byte
	asked *inquiry // what plugins say to it
	// presumed: what the process is born with stands before they have answered.
	// changed: they have changed something else.
	presumed, changed bool
	entry             *state.Entry
	st                *state.State
	group             *cgroup.Group
	set               *ns.Set
	gate              int
	doors             doors
	undo              []func()
	input             birth.Input
	ahead             ahead
	class             *rdt.Group    // of cache and memory bandwidth, nil for none
	moved             []*link.Moved // network devices
	netns             int           // where they are, -1 for none
	// hooked: hooks have run that poststop hooks take back.
	hooked bool
}

// Create makes a container and leaves its first process at the gate, or
// without a gate lets it go on. When it fails nothing is left.
func (rt *Runtime) Create(id string, o *CreateOptions) (*Container, *birth.Born, error) {
	c := &creation{rt: rt, o: o, gate: -1, netns: -1}
	born, err := c.create(id)
	if errors.Is(err, errOther) {
		c = c.again()
		born, err = c.make(id)
	}
	c.close()
	if err != nil {
		c.takeBack()
		return nil, nil, err
	}
	c.settled()
	rt.record("create", id)
	return &Container{Entry: c.entry, State: c.st, Group: c.group, Status: state.Created, rt: rt, config: c.spec}, born, nil
}

func (c *creation) create(id string) (*birth.Born, error) {
	if err := c.ask(id); err != nil {
		return nil, err
	}
	if c.presumed = c.presumes(); !c.presumed {
		if err := c.plugins(); err != nil {
			return nil, err
		}
	}
	return c.make(id)
}

// make makes the container that config.json describes.
func (c *creation) make(id string) (*birth.Born, error) {
	root, err := state.Open(c.rt.Root)
	if err != nil {
		return nil, err
	}
	if c.entry, err = root.Create(id); err != nil {
		return nil, err
	}
	c.later(func() { c.warn(c.entry.Remove()) })
	if err := c.root(); err != nil {
		return nil, err
	}
	if err := c.prepare(id); err != nil {
		return nil, err
	}
	born, err := c.bear()
	if aerr := c.ahead.join(); err == nil {
		err = aerr
	}
	return born, err
}

// root makes the root of a bundle that is nowhere but here.
func (c *creation) root() error {
	if c.o.Spec == nil || c.o.Root == nil {
		return nil
	}
	undo, err := c.o.Root(c.o.Bundle)
	if undo != nil {
		c.later(func() { c.warn(undo()) })
	}
	return err
}

// finish makes the text of a Spec, which changes no more.
func (c *creation) finish() error {
	if c.raw != nil {
		return nil
	}
	if c.o.Late != nil {
		if err := c.o.Late(c.spec); err != nil {
			return err
		}
	}
	c.raw = spec.Encode(c.spec)
	return nil
}

// close lets the descriptors go.
func (c *creation) close() {
	c.asked.close()
	if c.gate >= 0 {
		_ = unix.Close(c.gate)
	}
	if c.set != nil {
		c.set.Close()
	}
}

// takeBack leaves nothing of a create that failed.
func (c *creation) takeBack() {
	c.asked.await()
	for i := len(c.undo) - 1; i >= 0; i-- {
		c.undo[i]()
	}
	if c.class != nil {
		c.warn(c.class.Remove())
	}
	c.poststop()
}

// poststop runs after a create that has run hooks and was undone (runtime-spec
// runtime.md, "Lifecycle": a failing hook goes on at the deletion).
func (c *creation) poststop() {
	if c.hooked {
		c.rt.poststop(c.spec.Hooks.Poststop, c.st)
	}
}

func (c *creation) later(f func()) { c.undo = append(c.undo, f) }

func (c *creation) warn(err error) {
	if err != nil {
		c.rt.Warn("undo: %v", err)
	}
}

// load takes the text of config.json, once.
func (c *creation) load() (err error) {
	if c.o.Spec != nil {
		c.spec = c.o.Spec
		return nil
	}
	if c.o.Bundle, err = filepath.Abs(c.o.Bundle); err != nil {
		return err
	}
	c.raw, err = spec.Load(c.config())
	return err
}

func (c *creation) config() string {
	if c.o.Config == "" {
		return filepath.Join(c.o.Bundle, "config.json")
	}
	return c.o.Config
}

// check decodes it, and checks it once.
func (c *creation) check() (err error) {
	if c.o.Spec == nil {
		c.spec, err = spec.Decode(c.raw)
	}
	if err == nil {
		err = spec.Check(c.spec)
	}
	if err == nil {
		err = c.lacks()
	}
	if err != nil && c.o.Spec == nil {
		err = withPath(err, c.config())
	}
	if err != nil {
		return err
	}
	return c.checkTerminal()
}

func (c *creation) checkTerminal() error {
	wants := c.spec.Process != nil && c.spec.Process.Terminal
	switch {
	case wants && c.o.ConsoleSocket == "" && c.o.Terminal == nil:
		return fail.Spec("/process/terminal", "is true, need --console-socket to hand the terminal to")
	case !wants && c.o.ConsoleSocket != "":
		return fail.Usage("--console-socket: have no terminal in the spec, need /process/terminal true")
	}
	return nil
}

// prepare does what the process has to be born into. All else is done while it
// is born (equip) or starts up (born, plan).
func (c *creation) prepare(id string) error {
	s := c.spec
	c.st = &state.State{ID: id, Bundle: c.o.Bundle, Created: now(), Owner: strconv.Itoa(os.Geteuid()), Passing: c.o.Passing}
	c.describe()
	var err error
	if c.set, err = ns.Open(s.Linux.Namespaces); err != nil {
		return err
	}
	c.set.Offsets(len(s.Linux.TimeOffsets) > 0)
	if c.group, err = c.locate(id); err != nil {
		return err
	}
	// Before it is made: so gc finds the group of a create that was killed.
	if err := c.entry.Note(c.group.Note()); err != nil {
		return err
	}
	c.later(func() { c.warn(c.group.Unmake()) })
	if uid, given := c.owner(s); given {
		c.group.Give(uid)
	}
	if err := c.group.Create(); err != nil {
		return err
	}
	mode, dirs := c.group.Dirs()
	c.st.CgroupMode, c.st.Cgroups, c.st.Unit = mode.String(), dirs, c.group.Unit()
	if r := s.Linux.Resources; c.early(r) {
		return c.group.Apply(r)
	}
	return nil
}

// describe fills in what the state has of config.json.
func (c *creation) describe() {
	s := c.spec
	c.st.OCIVersion, c.st.Annotations, c.st.Rootfs = s.Version, s.Annotations, rootfs(s, c.o.Bundle)
}

// early limits stand before there is a process: they may be too small for it, or
// its scope begins with them.
func (c *creation) early(r *specs.LinuxResources) bool {
	return tight(r) || r != nil && c.rt.Systemd
}

// equip does what needs no process: limits, the frozen copy, the plan's input.
func (c *creation) equip() error {
	if c.presumed {
		if err := c.approve(); err != nil {
			return err
		}
	}
	if r := c.spec.Linux.Resources; r != nil && !c.early(r) {
		if err := c.group.Apply(r); err != nil {
			return err
		}
	}
	if err := c.finish(); err != nil {
		return err
	}
	if err := c.entry.WriteConfig(c.raw); err != nil {
		return err
	}
	if err := c.classify(); err != nil {
		return err
	}
	if _, err := state.BootID(); err != nil { // kept for born
		return err
	}
	return c.fill()
}

// fill makes the plan's input: filter, capabilities, gate.
func (c *creation) fill() error {
	filter, err := seccomp.Filter(c.spec.Linux.Seccomp, seccomp.Options{
		CacheDir: filepath.Join(c.rt.Root, ".seccomp"), Stamp: plan.Stamp,
	})
	if err != nil {
		return err
	}
	if filter.CacheError != nil {
		c.rt.Warn("seccomp cache: %v", filter.CacheError)
	}
	permitted, err := sys.CapGet()
	if err != nil {
		return err
	}
	if c.set.Has(unix.CLONE_NEWUSER) {
		permitted = ^uint64(0)
	}
	if len(c.o.Env) > 0 {
		c.spec.Process.Env = merge(c.spec.Process.Env, c.o.Env)
	}
	c.input = birth.Input{
		Spec: c.spec, Namespace: c.set, Filter: filter, Permitted: cred.Set(permitted),
		NoKeyring: c.o.NoKeyring, ID: c.st.ID, Tied: c.o.Tied, Trace: c.rt.Trace != "", Warn: c.rt.Warn,
		Host: mount.Host{
			Bundle: c.o.Bundle, Hierarchies: hierarchies(c.group), CgroupNS: c.set.Has(unix.CLONE_NEWCGROUP),
			UserNS: c.set.Has(unix.CLONE_NEWUSER), NoPivot: c.o.NoPivot, Label: c.spec.Linux.MountLabel,
		},
	}
	if !c.o.Gate {
		return nil
	}
	if err := c.entry.MakeGate(); err != nil {
		return err
	}
	// For reading and writing, so that waiting at it never ends by itself.
	c.gate, err = unix.Open(c.entry.GatePath(), unix.O_RDWR|unix.O_CLOEXEC, 0)
	return err
}

func rootfs(s *specs.Spec, bundle string) string {
	if filepath.IsAbs(s.Root.Path) {
		return s.Root.Path
	}
	return filepath.Join(bundle, s.Root.Path)
}

func withPath(err error, path string) error {
	return &fail.Error{Path: path, Cause: err}
}

// console hands the terminal's master to the console socket, or to run.
func (c *creation) console(master *os.File) error {
	if c.o.ConsoleSocket == "" {
		return c.o.Terminal(master)
	}
	err := tty.Send(c.o.ConsoleSocket, master)
	_ = master.Close()
	return err
}
