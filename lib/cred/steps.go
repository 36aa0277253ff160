package cred

import (
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// Options say what the host allows.
type Options struct {
	Permitted Set  // what can be granted
	NoGroups  bool // setgroups(2) is denied in the container's user namespace
	ByParent  bool // the parent sets limits and scheduling: a user namespace takes the right to
	Warn      func(format string, args ...any)
}

// resources in the order of asm-generic/resource.h.
var resources = [...]string{
	"CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS",
	"LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME",
}

// Resource is the number of a limit of getrlimit(2) by its name.
func Resource(name string) (int, bool) {
	short, ok := strings.CutPrefix(name, "RLIMIT_")
	n := slices.Index(resources[:], short)
	return n, ok && n >= 0
}

// Limits makes the steps for resource limits, late in the birth, so that small
// ones do not choke it.
func Limits(p *specs.Process, pl *plan.Plan, o Options) error {
	for i, l := range p.Rlimits {
		member := "/process/rlimits/" + strconv.Itoa(i)
		n, ok := Resource(l.Type)
		if !ok {
			return fail.Spec(member+"/type", "%q is no resource limit, need one of getrlimit(2)", l.Type)
		}
		if !o.ByParent {
			pl.Add(plan.Step{Op: plan.OpRlimit, Member: member, Path: l.Type, Nums: []uint64{uint64(n), l.Soft, l.Hard}})
		}
	}
	return nil
}

// Identity makes the steps that give privileges up, and in between calls
// filter, where a seccomp filter goes that needs privilege to be loaded.
func Identity(p *specs.Process, pl *plan.Plan, o Options, filter func()) {
	if p.NoNewPrivileges {
		pl.Add(plan.Step{Op: plan.OpNoNewPrivs, Member: "/process/noNewPrivileges"})
	} else {
		filter()
	}
	c := p.Capabilities
	if c == nil {
		c = &specs.LinuxCapabilities{}
	}
	bounding := o.grant("bounding", c.Bounding)
	effective, permitted := o.grant("effective", c.Effective), o.grant("permitted", c.Permitted)
	inheritable, ambient := o.grant("inheritable", c.Inheritable), o.grant("ambient", c.Ambient)
	pl.Add(plan.Step{Op: plan.OpBound, Member: "/process/capabilities/bounding", Nums: []uint64{uint64(bounding)}})
	user := plan.Step{Op: plan.OpUser, Member: "/process/user", UID: p.User.UID, GID: p.User.GID}
	for _, g := range p.User.AdditionalGids {
		user.Nums = append(user.Nums, uint64(g))
	}
	if o.NoGroups && len(user.Nums) == 0 {
		user.Flags = 1
	}
	pl.Add(user)
	pl.Add(plan.Step{
		Op: plan.OpCapabilities, Member: "/process/capabilities",
		Nums: []uint64{uint64(effective & permitted), uint64(permitted), uint64(inheritable), uint64(ambient & permitted & inheritable)},
	})
}

// grant drops what cannot be granted, with a warning: the spec wants it
// ("Any value which cannot be mapped … MUST be logged as a warning").
func (o Options) grant(set string, list []string) Set {
	want, unknown := ParseSet(list)
	missing := append(unknown, (want &^ o.Permitted).Names()...)
	if len(missing) > 0 && o.Warn != nil {
		o.Warn("/process/capabilities/%s: have no %s to give", set, strings.Join(missing, " "))
	}
	return want & o.Permitted
}
