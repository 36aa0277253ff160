package cgroup

import (
	"errors"
	"path/filepath"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Apply writes all limits, and the device rules, before the program starts. A
// scope gets them when it begins.
func (g *Group) Apply(r *specs.LinuxResources) error {
	if g.unit != nil && !g.unit.begun {
		g.unit.wants = r
		return refuse(r, g.mode)
	}
	if err := g.limits(r, nil); err != nil {
		return err
	}
	return g.devices(r.Devices)
}

// Update writes the limits that are set; the others stay as they are. What can be
// refused before is, of the device rules too, which Rules writes. If this or
// something else of the update is refused, the Undo is for the caller to use.
func (g *Group) Update(r *specs.LinuxResources) (*Undo, error) {
	if err := g.placed(r.Devices); err != nil {
		return nil, err
	}
	r, err := g.completed(r)
	if err != nil {
		return nil, err
	}
	u := &Undo{}
	if err := g.limits(r, u); err != nil || g.unit == nil {
		return u, err
	}
	// systemd is told what the kernel has taken, and rounds it.
	if err := g.change(r); err != nil {
		return u, err
	}
	return u, g.limits(r, nil)
}

// Rules puts new device rules in the place of the old ones, if there are some.
func (g *Group) Rules(rules []specs.LinuxDeviceCgroup) error { return g.devices(rules) }

func (g *Group) limits(r *specs.LinuxResources, u *Undo) error {
	if err := refuse(r, g.mode); err != nil {
		return err
	}
	var list []setting
	if g.mode == V2 {
		list = settingsV2(r)
	} else {
		list = settingsV1(r)
	}
	if g.mode == V2 && len(list) > 0 {
		if err := g.enable(list); err != nil {
			return err
		}
	}
	var later []setting
	for _, s := range list {
		err := g.set(s, u)
		if a, ok := err.(*again); ok {
			later = append(later, a.setting)
			continue
		}
		if err != nil {
			return err
		}
	}
	for _, s := range later {
		if err := g.set(s, u); err != nil {
			return &fail.Error{Member: s.member, Cause: errors.Unwrap(err)}
		}
	}
	return nil
}

func (g *Group) set(s setting, u *Undo) error {
	dir := g.dirs[""]
	if g.mode != V2 {
		dir = g.dir(s.controller)
	}
	if dir == "" {
		return g.absent(s)
	}
	if !inGroup(s.file) {
		return fail.Spec(s.member, "have file %q, need a plain name", s.file)
	}
	forget := u.keep(dir, s)
	err := write(dir, s.file, s.value)
	if other := renamed(s.file); other != "" && errors.Is(err, unix.ENOENT) {
		err = write(dir, other, s.value)
	}
	if err != nil {
		forget()
	}
	if s.optional && errors.Is(err, unix.ENOENT) {
		return nil
	}
	if errors.Is(err, unix.EBUSY) && strings.HasPrefix(s.file, "memory.limit") {
		return &fail.Error{Code: fail.CodeLimit, Member: s.member, Cause: err, Hint: "the group uses more than that already"}
	}
	if errors.Is(err, unix.EINVAL) && (strings.HasPrefix(s.file, "memory.") || strings.HasPrefix(s.file, "cpu.")) {
		// Memory and memory with swap, quota, period and burst, have to fit each
		// other at every moment: the other one first.
		return &again{s, err}
	}
	if errors.Is(err, unix.ENOENT) {
		return g.absent(s)
	}
	if err != nil {
		return &fail.Error{Member: s.member, Cause: err, Hint: bounds(dir, s.file)}
	}
	return nil
}

// bounds tells what a group may have at most: the numbers of the one above it.
func bounds(dir, file string) string {
	if file != "cpuset.cpus" && file != "cpuset.mems" {
		return ""
	}
	for _, f := range []string{file + ".effective", file} { // the first is cgroup2's
		if have, err := read(filepath.Dir(dir), f); err == nil && have != "" {
			return "the group above has " + have
		}
	}
	return ""
}

// again marks a write that works once another one is done.
type again struct {
	setting
	cause error
}

func (a *again) Error() string { return a.member + ": " + a.cause.Error() }
func (a *again) Unwrap() error { return a.cause }

func inGroup(file string) bool {
	return file != "" && !strings.Contains(file, "/") && file != "." && file != ".."
}

// absent explains a limit whose controller is not here.
func (g *Group) absent(s setting) *fail.Error {
	e := fail.New(fail.CodeHost, "have no controller %s for %s in this group, need it", s.controller, s.file)
	e.Member = s.member
	if e.Hint = Undelegated(s.controller); e.Hint != "" {
		return e
	}
	if g.mode == V2 {
		if have, err := read(top, "cgroup.controllers"); err == nil {
			e.Hint = "cgroup2 here has: " + have
			if have == "" {
				e.Hint = "cgroup2 here has no controllers"
			}
		}
	}
	return e
}

// enable hands the controllers down to the group, from the top.
func (g *Group) enable(list []setting) error {
	want := map[string]string{}
	for _, s := range list {
		if s.controller != "" {
			want[s.controller] = s.member
		}
	}
	dir := g.dirs[""]
	if dir == "" {
		return nil
	}
	at := top
	for _, part := range strings.Split(strings.TrimPrefix(filepath.Dir(dir), top), "/") {
		at = filepath.Join(at, part)
		have, err := read(at, "cgroup.subtree_control")
		if err != nil {
			return err
		}
		for _, c := range names(want) {
			if containsWord(have, c) {
				continue
			}
			if err := g.hand(at, setting{member: want[c], controller: c, file: c + ".*"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// hand enables one controller below a directory.
func (g *Group) hand(dir string, s setting) error {
	err := write(dir, "cgroup.subtree_control", "+"+s.controller)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EINVAL) {
		return g.absent(s)
	}
	if err == nil {
		return nil
	}
	e := &fail.Error{Member: s.member, Op: "enable controller " + s.controller, Cause: err}
	switch {
	case errors.Is(err, unix.EBUSY) && populated(dir):
		e.Hint = dir + " has processes of its own"
	case errors.Is(err, unix.EACCES):
		e.Hint = Undelegated(s.controller)
	}
	return e
}

func containsWord(text, word string) bool {
	for _, w := range strings.Fields(text) {
		if w == word {
			return true
		}
	}
	return false
}
