package birth

import (
	"slices"
	"sort"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/cred"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/landlock"
	"github.com/gophertainer/gophertainer/lib/plan"
	"github.com/gophertainer/gophertainer/lib/seccomp"
)

// Program makes the steps that a container's first process and every later one
// share: what is the process's own, up to the last moment before its program.
func Program(p *specs.Process, pl *plan.Plan, o cred.Options, filter func(*plan.Plan)) error {
	if p.User.Umask != nil {
		pl.Add(plan.Step{Op: plan.OpUmask, Member: "/process/user/umask", Mode: *p.User.Umask})
	} else {
		pl.Add(plan.Step{Op: plan.OpUmask, Mode: 0o022})
	}
	pl.Add(plan.Step{Op: plan.OpSetsid, Member: "/process/terminal"})
	if err := cred.Limits(p, pl, o); err != nil {
		return err
	}
	for _, e := range cred.Lacks(p) {
		return e
	}
	cred.Schedule(p, pl, o)
	cred.Labels(p, pl)
	cred.Identity(p, pl, o, func() { filter(pl) })
	cwd := p.Cwd
	if cwd == "" {
		cwd = "/"
	}
	pl.Add(plan.Step{Op: plan.OpChdir, Member: "/process/cwd", Path: cwd, Mode: 0o755})
	return nil
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// sysctlPath turns net.ipv4.ip_forward into its path below /proc/sys; a name
// that already has slashes keeps its dots (sysctl(8)).
func sysctlPath(key string) string {
	if strings.Contains(key, "/") {
		return key
	}
	return strings.ReplaceAll(key, ".", "/")
}

// pointer escapes a key for a JSON pointer (RFC 6901).
func pointer(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

// confine reads the Landlock rules of a container, which hold for each of its
// processes. Without no_new_privs the kernel takes them from CAP_SYS_ADMIN
// alone (landlock_restrict_self(2)).
func confine(annotations map[string]string, p *specs.Process) (*landlock.Rules, error) {
	rules, err := landlock.Parse(annotations)
	if rules == nil {
		return nil, err
	}
	if !p.NoNewPrivileges {
		return nil, fail.Spec("/process/noNewPrivileges", "is false, need true for %s", landlock.Annotation)
	}
	return rules, rules.Host()
}

// An Entry is what the plan of a further process in a container is compiled
// from.
type Entry struct {
	Process     *specs.Process
	Spec        *specs.Spec // the container's
	Filter      seccomp.Program
	Listener    int         // index of the seccomp listener's socket, 0 if none
	Message     string      // what goes with the listener
	Groups      []plan.Step // cgroups to enter
	Time        int         // index of the time namespace, 0 for the caller's
	Credentials cred.Options
}

// Enter compiles the plan of a further process in a container that is there.
func Enter(e *Entry) (*plan.Plan, error) {
	p, pl := e.Process, &plan.Plan{Steps: slices.Clip(e.Groups)}
	rules, err := confine(e.Spec.Annotations, p)
	if err != nil {
		return nil, err
	}
	joinTime(pl, e.Time)
	if p.Terminal {
		pl.Add(console(p, ""))
	}
	if a := p.ExecCPUAffinity; a != nil {
		if err := cred.Affinity(a.Final, "/process/execCPUAffinity/final", pl); err != nil {
			return nil, err
		}
	}
	if err := machine(e.Spec.Linux, pl); err != nil {
		return nil, err
	}
	filter := func(pl *plan.Plan) { load(pl, &e.Filter, e.Listener, e.Message) }
	if err := Program(p, pl, e.Credentials, filter); err != nil {
		return nil, err
	}
	rules.Prepare(pl)
	pl.Add(plan.Step{Op: plan.OpReady, Member: "/process/args"})
	rules.Restrict(pl)
	if p.NoNewPrivileges {
		filter(pl)
	}
	pl.Add(plan.Step{Op: plan.OpExec, Member: "/process/args", Args: p.Args, Env: p.Env})
	return pl, nil
}

// load puts a filter in force. A listener goes to the socket with the message.
func load(pl *plan.Plan, f *seccomp.Program, listener int, message string) {
	if len(f.Filter) > 0 {
		pl.Add(plan.Step{
			Op: plan.OpSeccomp, Member: "/linux/seccomp", Data: string(f.Filter), Flags: uint64(f.Flags), FD: listener, Path: message,
		})
	}
}
