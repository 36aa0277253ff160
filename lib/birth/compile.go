// Package birth makes a container's first process: it compiles a spec into a
// plan, makes a process in new and joined namespaces, hands it the plan, and
// explains what came of it. It also makes further processes in a container.
//
//	gt-oci                                   gt-init
//	clone3(namespaces, cgroup, pidfd) ────►  exec
//	plan, descriptors ──── one message ───►  runs the steps
//	createRuntime hooks ◄── only if any ──►  before pivot_root
//	verdict ◄───────────── one message ────  ready, or the step that failed
package birth

import (
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/cred"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/mount"
	"github.com/gophertainer/gophertainer/lib/ns"
	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/seccomp"
)

// Input is what a plan is compiled from.
type Input struct {
	Spec      *specs.Spec
	Host      mount.Host
	Namespace *ns.Set
	Filter    seccomp.Program
	State     []byte // OCI state of the container, for hooks run inside
	Permitted cred.Set
	NoKeyring bool
	ID        string
	Gate      int         // index of the gate's descriptor, 0 to go on without one
	Listener  int         // index of the seccomp listener's socket, 0 if none
	Groups    []plan.Step // cgroups to enter
	Time      int         // index of a time namespace to join, 0 if none
	Message   string      // what goes with the listener: the container process state
	Tied      bool        // the program is killed when the process that makes it ends
	Trace     bool
	Warn      func(format string, args ...any)
}

// Compile makes the plan of a birth.
func Compile(in *Input) (*plan.Plan, error) {
	s, pl := in.Spec, &plan.Plan{Steps: make([]plan.Step, 0, 96)}
	if in.Trace {
		pl.Add(plan.Step{Op: plan.OpClock})
	}
	pl.Steps = append(pl.Steps, in.Groups...)
	if !in.NoKeyring {
		cred.KeyLabel(s.Process, pl)
		pl.Add(plan.Step{Op: plan.OpKeyring, Path: "_ses." + in.ID})
	}
	in.identity(pl)
	if in.Namespace.Has(unix.CLONE_NEWNS) {
		if err := mount.Steps(s, pl, in.Host); err != nil {
			return nil, err
		}
	} else {
		return nil, fail.Spec("/linux/namespaces", "have no mount namespace, need one: the root would be the host's")
	}
	in.terminal(pl)
	in.hooks(pl)
	for _, key := range sortedKeys(s.Linux.Sysctl) {
		pl.Add(plan.Step{
			Op: plan.OpSysctl, Member: "/linux/sysctl/" + pointer(key),
			Path: sysctlPath(key), Data: s.Linux.Sysctl[key],
		})
	}
	mount.Late(s, pl, in.Host)
	return pl, in.process(pl)
}

// identity: names and loopback, which need nothing but the namespaces.
func (in *Input) identity(pl *plan.Plan) {
	s := in.Spec
	if in.Namespace.Cgroup {
		pl.Add(plan.Step{Op: plan.OpUnshare, Member: "/linux/namespaces", Path: "cgroup", Flags: unix.CLONE_NEWCGROUP})
	}
	joinTime(pl, in.Time)
	if offsets := s.Linux.TimeOffsets; len(offsets) > 0 {
		pl.Add(plan.Step{Op: plan.OpTime, Member: "/linux/timeOffsets", Data: timeOffsets(offsets)})
	}
	if s.Hostname != "" {
		pl.Add(plan.Step{Op: plan.OpHostname, Member: "/hostname", Data: s.Hostname})
	}
	if s.Domainname != "" {
		pl.Add(plan.Step{Op: plan.OpDomainname, Member: "/domainname", Data: s.Domainname})
	}
	if in.Namespace.Creates(unix.CLONE_NEWNET) {
		pl.Add(plan.Step{Op: plan.OpLoopback, Member: "/linux/namespaces"})
	}
}

func (in *Input) terminal(pl *plan.Plan) {
	p := in.Spec.Process
	if p == nil || !p.Terminal {
		return
	}
	pl.Add(console(p, "/dev/console"))
}

func console(p *specs.Process, path string) plan.Step {
	step := plan.Step{Op: plan.OpConsole, Member: "/process/terminal", Path: path, UID: p.User.UID, GID: p.User.GID}
	if c := p.ConsoleSize; c != nil {
		step.Nums = []uint64{uint64(c.Height), uint64(c.Width)}
	}
	return step
}

// hooks: prestart and createRuntime are the parent's, in one stop;
// createContainer runs inside by host paths, still before pivot_root.
func (in *Input) hooks(pl *plan.Plan) {
	h := in.Spec.Hooks
	if h == nil {
		return
	}
	if len(h.Prestart)+len(h.CreateRuntime) > 0 { //nolint:staticcheck // Docker still sends prestart
		pl.Add(plan.Step{Op: plan.OpSync, Member: "/hooks/createRuntime"})
	}
	in.inside(pl, "createContainer", h.CreateContainer)
}

func (in *Input) inside(pl *plan.Plan, kind string, hooks []specs.Hook) {
	for i, h := range hooks {
		step := plan.Step{
			Op: plan.OpHook, Member: "/hooks/" + kind + "/" + strconv.Itoa(i), Path: h.Path,
			Args: h.Args, Env: h.Env, Data: string(in.State),
		}
		if len(step.Args) == 0 {
			step.Args = []string{h.Path}
		}
		if h.Timeout != nil {
			step.Nums = []uint64{uint64(*h.Timeout)}
		}
		pl.Add(step)
	}
}

// process: from the finished tree to the program. The order is one of giving
// up: limits, session, filter (unless no_new_privs lets it be loaded last),
// user, capabilities; then the gate.
func (in *Input) process(pl *plan.Plan) error {
	p := in.Spec.Process
	rules, err := confine(in.Spec.Annotations, p)
	if err != nil {
		return err
	}
	if err := machine(in.Spec.Linux, pl); err != nil {
		return err
	}
	if err := Program(p, pl, in.credentials(), in.filter); err != nil {
		return err
	}
	rules.Prepare(pl)
	pl.Add(plan.Step{Op: plan.OpReady, Member: "/process/args", FD: in.Gate})
	if h := in.Spec.Hooks; h != nil {
		in.inside(pl, "startContainer", h.StartContainer)
	}
	if in.Tied {
		// Another user or other capabilities would undo it (prctl(2)).
		pl.Add(plan.Step{Op: plan.OpTied, Flags: uint64(unix.SIGKILL)})
	}
	rules.Restrict(pl)
	if p.NoNewPrivileges {
		in.filter(pl)
	}
	pl.Add(plan.Step{Op: plan.OpExec, Member: "/process/args", Args: p.Args, Env: p.Env})
	return nil
}

func (in *Input) credentials() cred.Options {
	return cred.Options{
		Permitted: in.Permitted, Warn: in.Warn,
		NoGroups: denySetgroups(in.Spec.Linux),
		ByParent: in.Namespace.Creates(unix.CLONE_NEWUSER),
	}
}

func (in *Input) filter(pl *plan.Plan) {
	load(pl, &in.Filter, in.Listener, in.Message)
}

// denySetgroups: a user who maps only himself may not change groups
// (user_namespaces(7), "/proc/pid/setgroups").
func denySetgroups(l *specs.Linux) bool {
	return len(l.GIDMappings) == 1 && l.GIDMappings[0].Size == 1
}
