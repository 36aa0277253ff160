package birth

import (
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
	if err := refuse(p); err != nil {
		return err
	}
	if p.User.Umask != nil {
		pl.Add(plan.Step{Op: plan.OpUmask, Member: "/process/user/umask", Mode: *p.User.Umask})
	} else {
		pl.Add(plan.Step{Op: plan.OpUmask, Mode: 0o022})
	}
	pl.Add(plan.Step{Op: plan.OpSetsid, Member: "/process/terminal"})
	if err := cred.Limits(p, pl, o); err != nil {
		return err
	}
	cred.Identity(p, pl, o, func() { filter(pl) })
	cwd := p.Cwd
	if cwd == "" {
		cwd = "/"
	}
	pl.Add(plan.Step{Op: plan.OpChdir, Member: "/process/cwd", Path: cwd, Mode: 0o755})
	return nil
}

// refuse is the first of Refusals.
func refuse(p *specs.Process) error {
	for _, e := range Refusals(p) {
		return e
	}
	return nil
}

// Refusals names the members that nothing here carries out.
func Refusals(p *specs.Process) []*fail.Error {
	var list []*fail.Error
	for _, m := range []struct {
		name string
		set  bool
	}{
		{"apparmorProfile", p.ApparmorProfile != "" && p.ApparmorProfile != "unconfined"},
		{"selinuxLabel", p.SelinuxLabel != ""},
		{"scheduler", p.Scheduler != nil},
		{"ioPriority", p.IOPriority != nil},
		{"execCPUAffinity", p.ExecCPUAffinity != nil},
	} {
		if m.set {
			list = append(list, fail.Spec("/process/"+m.name, "have no support for it, need a spec without it"))
		}
	}
	return list
}

func sortedKeys(m map[string]string) []string {
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

// Enter compiles the plan of a further process in a container that is there and
// has the annotations.
func Enter(p *specs.Process, annotations map[string]string, f seccomp.Program, o cred.Options) (*plan.Plan, error) {
	pl := &plan.Plan{}
	rules, err := confine(annotations, p)
	if err != nil {
		return nil, err
	}
	if p.Terminal {
		pl.Add(console(p, ""))
	}
	filter := func(pl *plan.Plan) {
		if len(f.Filter) > 0 {
			pl.Add(plan.Step{Op: plan.OpSeccomp, Member: "/linux/seccomp", Data: string(f.Filter), Flags: uint64(f.Flags)})
		}
	}
	if err := Program(p, pl, o, filter); err != nil {
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
