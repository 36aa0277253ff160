package lint

import (
	"os"
	"strconv"
	"strings"

	"github.com/gophertainer/gophertainer/lib/cred"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"

	"golang.org/x/sys/unix"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func (l *linter) process() error {
	p := l.spec.Process
	if p == nil {
		return nil
	}
	l.program()
	l.schedule(p)
	if c := p.Capabilities; c != nil {
		if err := l.capabilities(c); err != nil {
			return err
		}
	}
	if err := l.oomScore(p.OOMScoreAdj); err != nil {
		return err
	}
	return l.limits(p.Rlimits)
}

// oomScore: only CAP_SYS_RESOURCE makes a process less likely to be killed than
// its parent (proc_pid_oom_score_adj(5)).
func (l *linter) oomScore(want *int) error {
	if want == nil {
		return nil
	}
	text, err := os.ReadFile("/proc/self/oom_score_adj")
	if err != nil {
		return err
	}
	own, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	if *want < own && !holds(unix.CAP_SYS_RESOURCE) {
		l.tell(Error, fail.CodePermission, "/process/oomScoreAdj",
			"have "+strconv.Itoa(*want)+" and no CAP_SYS_RESOURCE, need it, or at least "+strconv.Itoa(own))
	}
	return nil
}

func holds(capability int) bool {
	permitted, err := sys.CapGet()
	return err == nil && permitted&(1<<capability) != 0
}

// capabilities that cannot be given are left out with a warning, at create too.
func (l *linter) capabilities(c *specs.LinuxCapabilities) error {
	held, err := sys.CapGet()
	if err != nil {
		return err
	}
	for _, n := range l.spec.Linux.Namespaces {
		if n.Type == specs.UserNamespace {
			held = ^uint64(0)
		}
	}
	for _, s := range []struct {
		name string
		list []string
	}{
		{"bounding", c.Bounding},
		{"effective", c.Effective},
		{"permitted", c.Permitted},
		{"inheritable", c.Inheritable},
		{"ambient", c.Ambient},
	} {
		for i, name := range s.list {
			member := at("/process/capabilities/"+s.name, i)
			set, unknown := cred.ParseSet([]string{name})
			switch {
			case len(unknown) > 0:
				l.warn(member, "have "+name+", which is no capability, need one of capabilities(7)")
			case set&^cred.Set(held) != 0:
				l.tell(Warning, fail.CodePermission, member, "have no "+name+" to give, need to hold it")
			}
		}
	}
	l.subset("effective", c.Effective, c.Permitted, "permitted")
	l.subset("ambient", c.Ambient, c.Permitted, "permitted")
	l.subset("ambient", c.Ambient, c.Inheritable, "inheritable")
	return nil
}

// subset: what is not in the other set has no effect (capabilities(7)).
func (l *linter) subset(name string, list, of []string, set string) {
	have, _ := cred.ParseSet(list)
	all, _ := cred.ParseSet(of)
	if lost := (have &^ all).Names(); len(lost) > 0 {
		l.warn("/process/capabilities/"+name, strings.Join(lost, " ")+" has no effect, need it in "+set+" too")
	}
}

// limits: no process may have more open files than the machine's bound.
func (l *linter) limits(list []specs.POSIXRlimit) error {
	text, err := os.ReadFile("/proc/sys/fs/nr_open")
	if err != nil {
		return err
	}
	most, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return err
	}
	for i, r := range list {
		if r.Type == "RLIMIT_NOFILE" && r.Hard > most {
			l.tell(Error, fail.CodeLimit, at("/process/rlimits", i)+"/hard",
				"have "+strconv.FormatUint(r.Hard, 10)+", need at most "+strconv.FormatUint(most, 10)+" of fs.nr_open")
		}
		var own unix.Rlimit
		n, known := cred.Resource(r.Type)
		if known && unix.Getrlimit(n, &own) == nil && r.Hard > own.Max && !holds(unix.CAP_SYS_RESOURCE) {
			l.tell(Error, fail.CodePermission, at("/process/rlimits", i)+"/hard",
				"have "+strconv.FormatUint(r.Hard, 10)+" and no CAP_SYS_RESOURCE, need it, or at most "+strconv.FormatUint(own.Max, 10))
		}
	}
	return nil
}
