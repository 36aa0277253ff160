package birth

import (
	"sort"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/cred"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plan"
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

// refuse names the members that nothing here carries out yet.
func refuse(p *specs.Process) error {
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
			return fail.Spec("/process/"+m.name, "have no support for it, need a spec without it")
		}
	}
	return nil
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
