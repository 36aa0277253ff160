package mount

import (
	"path/filepath"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// A Hierarchy is one cgroup hierarchy as a container sees it.
type Hierarchy struct {
	Name  string   // directory below /sys/fs/cgroup; "" is cgroup2 as the whole
	Data  string   // mount data of a v1 hierarchy: "cpu,cpuacct"
	Dir   string   // the container's own directory on the host
	Links []string // further names of the hierarchy: "cpu"
}

// Host is what the steps depend on beside the spec.
type Host struct {
	Bundle      string // absolute
	Hierarchies []Hierarchy
	CgroupNS    bool        // the container gets a cgroup namespace
	UserNS      bool        // the container gets a new user namespace: no mknod, root tree by descriptor
	Root        int         // descriptor index of the root's tree, 0 to open it by path
	Trees       map[int]int // the same of a bind mount's source, by number of the mount
	NoPivot     bool
	Label       string // of what is mounted new, "" for none
}

// label is how a step is told of it.
func (h *Host) label() []string {
	if h.Label == "" {
		return nil
	}
	return []string{h.Label}
}

// Steps makes the steps that build the container's tree, up to but without
// hooks and pivot.
func Steps(s *specs.Spec, pl *plan.Plan, h Host) error {
	prop := uint64(unix.MS_SLAVE | unix.MS_REC)
	if word := s.Linux.RootfsPropagation; word != "" {
		p, ok := find(propagations, word)
		if !ok {
			return fail.Spec("/linux/rootfsPropagation", "have %q, need shared, slave, private or unbindable", word)
		}
		if p&unix.MS_UNBINDABLE == 0 {
			prop = p | unix.MS_REC
		}
	}
	pl.Add(plan.Step{Op: plan.OpPropagation, Member: "/linux/rootfsPropagation", Path: "/", Flags: prop})
	root := plan.Step{Op: plan.OpRoot, Member: "/root/path", Source: rootfs(s, h.Bundle), FD: h.Root}
	if prop&unix.MS_SHARED != 0 {
		root.Prop = unix.MS_PRIVATE
	}
	pl.Add(root)
	for i := range s.Mounts {
		first := len(pl.Steps)
		if err := one(&s.Mounts[i], pl, h, "/mounts/"+strconv.Itoa(i)); err != nil {
			return err
		}
		if fd := h.Trees[i]; fd != 0 {
			pl.Steps[first].FD = fd
		}
	}
	devices(s, pl, h)
	return nil
}

func rootfs(s *specs.Spec, bundle string) string {
	if filepath.IsAbs(s.Root.Path) {
		return s.Root.Path
	}
	return filepath.Join(bundle, s.Root.Path)
}

func one(m *specs.Mount, pl *plan.Plan, h Host, member string) error {
	o, err := Parse(m, member)
	if err != nil {
		return err
	}
	step := plan.Step{
		Member: member, Path: m.Destination, Source: m.Source, Type: m.Type,
		Set: o.Set, Clear: o.Clear, Prop: o.Prop, Data: strings.Join(o.Data, ","),
	}
	if Mapped(m) && (!o.Bind || o.Remount) {
		return fail.Spec(member, "has id maps and is no bind mount, need type bind: %s is made for the container and has its owners", m.Type)
	}
	switch {
	case m.Type == "cgroup" || m.Type == "cgroup2":
		cgroups(step, pl, h)
		return nil
	case o.Remount:
		return remount(step, o, pl)
	case o.Bind:
		if len(o.Data) > 0 {
			return fail.Spec(member+"/options", "%q: a bind mount takes no filesystem options", o.Data[0])
		}
		if Mapped(m) {
			step.Data = mapKind(o)
		}
		bind(step, o, pl, h)
		return nil
	}
	step.Op = plan.OpMount
	if m.Type != "proc" && m.Type != "sysfs" { // those two have their own labels
		step.Args = h.label()
	}
	if o.CopyUp {
		if m.Type != "tmpfs" {
			return fail.Spec(member+"/options", "\"tmpcopyup\": have a mount of type %s, need tmpfs", m.Type)
		}
		step.Flags = plan.CopyUp
	}
	step.Set |= o.RecSet
	if step.Source == "" {
		step.Source = m.Type
	}
	pl.Add(step)
	return nil
}

// remount changes what is mounted there already. With bind, or without options
// for the filesystem, that is the mount alone: its filesystem may be the host's.
// Attributes that are not named stay, so that nothing is lost by leaving it out.
func remount(step plan.Step, o Options, pl *plan.Plan) error {
	step.Op, step.Type, step.Source = plan.OpRemount, "", ""
	switch {
	case len(o.Data) > 0 && o.Bind:
		return fail.Spec(step.Member+"/options", "%q: a bind mount takes no filesystem options", o.Data[0])
	case len(o.Data) > 0:
		step.Op = plan.OpReconfigure
	}
	if o.CopyUp {
		return fail.Spec(step.Member+"/options", "\"tmpcopyup\": have a remount, need a new tmpfs")
	}
	if o.RecSet|o.RecClear != 0 {
		if o.Set|o.Clear != 0 {
			return fail.Spec(step.Member+"/options", "remount: have options for the mount and for the tree, need one kind")
		}
		step.Set, step.Clear, step.Flags = o.RecSet, o.RecClear, unix.MS_REC
	}
	pl.Add(step)
	return nil
}

// mapKind is the word for the plan: maps without an option are for the one mount.
func mapKind(o Options) string {
	if o.IDMap == "" {
		return "idmap"
	}
	return o.IDMap
}

func bind(step plan.Step, o Options, pl *plan.Plan, h Host) {
	step.Op, step.Type, step.Flags = plan.OpBind, "", unix.MS_BIND
	if o.Recursive {
		step.Flags |= unix.MS_REC
	}
	if !filepath.IsAbs(step.Source) {
		step.Source = filepath.Join(h.Bundle, step.Source)
	}
	if o.RecSet|o.RecClear != 0 {
		step.Nums = []uint64{o.RecSet, o.RecClear}
	}
	pl.Add(step)
}

// cgroups shows the container its own groups: with a cgroup namespace by
// mounting the hierarchies, which then begin at its group; without one by
// binding its group's directories. On v1 each hierarchy has a directory in a
// tmpfs (runtime-spec config-linux.md, "cgroup mounts" as runc does them).
func cgroups(step plan.Step, pl *plan.Plan, h Host) {
	if len(h.Hierarchies) == 0 {
		return
	}
	base := step
	if h.Hierarchies[0].Name == "" {
		hierarchy(base, h.Hierarchies[0], pl, h)
		return
	}
	ro := base.Set & unix.MOUNT_ATTR_RDONLY
	tmpfs := base
	tmpfs.Op, tmpfs.Type, tmpfs.Source, tmpfs.Data = plan.OpMount, "tmpfs", "tmpfs", "mode=755"
	tmpfs.Set &^= unix.MOUNT_ATTR_RDONLY
	tmpfs.Args = h.label()
	pl.Add(tmpfs)
	for _, one := range h.Hierarchies {
		s := base
		s.Path = base.Path + "/" + one.Name
		hierarchy(s, one, pl, h)
		for _, link := range one.Links {
			pl.Add(plan.Step{Op: plan.OpSymlink, Member: base.Member, Path: base.Path + "/" + link, Source: one.Name})
		}
	}
	if ro != 0 {
		pl.Add(plan.Step{Op: plan.OpRemount, Member: base.Member, Path: base.Path, Set: ro})
	}
}

func hierarchy(s plan.Step, one Hierarchy, pl *plan.Plan, h Host) {
	if h.CgroupNS {
		s.Op, s.Type, s.Source, s.Data = plan.OpMount, "cgroup", "cgroup", one.Data
		if one.Name == "" {
			s.Type, s.Source = "cgroup2", "cgroup"
		}
	} else {
		s.Op, s.Type, s.Source, s.Data, s.Flags = plan.OpBind, "", one.Dir, "", unix.MS_BIND
	}
	pl.Add(s)
}

// Late makes the steps after the hooks: masks, read-only paths, the root's own
// mode, and the pivot.
func Late(s *specs.Spec, pl *plan.Plan, h Host) {
	for i, p := range s.Linux.MaskedPaths {
		pl.Add(plan.Step{Op: plan.OpMask, Member: "/linux/maskedPaths/" + strconv.Itoa(i), Path: p, Args: h.label()})
	}
	for i, p := range s.Linux.ReadonlyPaths {
		pl.Add(plan.Step{Op: plan.OpReadonly, Member: "/linux/readonlyPaths/" + strconv.Itoa(i), Path: p})
	}
	if s.Root.Readonly {
		pl.Add(plan.Step{Op: plan.OpRemount, Member: "/root/readonly", Path: "/", Set: unix.MOUNT_ATTR_RDONLY})
	}
	pivot := plan.Step{Op: plan.OpPivot, Member: "/root/path"}
	if h.NoPivot {
		pivot.Flags = 1
	}
	if p, ok := find(propagations, s.Linux.RootfsPropagation); ok {
		pivot.Prop = p
	}
	pl.Add(pivot)
}
