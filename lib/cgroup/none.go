package cgroup

import (
	"maps"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// None is the group of a container that has none: its processes stay where
// their parent is.
func None() (*Group, error) {
	mode, err := probe()
	return &Group{mode: mode, dirs: map[string]string{}}, err
}

// Limit is the first member that says more than none would do, "" if there is
// no such. Device rules are no limits.
func Limit(r *specs.LinuxResources) string {
	if r == nil {
		return ""
	}
	for _, s := range settingsV1(r) {
		return s.member
	}
	for _, e := range refusals(r, V1) { // what only v2 has
		return e.Member
	}
	return ""
}

// placed refuses device rules that have nowhere to be, or no form there. At create
// they are dropped where there is no group, for engines always send some; who
// updates them means it.
func (g *Group) placed(rules []specs.LinuxDeviceCgroup) error {
	if len(rules) == 0 {
		return nil
	}
	if len(g.dirs) == 0 {
		e := fail.New(fail.CodeHost, "container has no cgroup, need one for device rules")
		e.Member = "/linux/resources/devices"
		return e
	}
	if g.mode == V2 || g.dir("devices") == "" {
		return nil
	}
	_, err := exceptionsOf(whole(rules))
	return err
}

// Keep leaves the group out of each v1 hierarchy that has none of the
// controllers: to make a directory there and remove it is the longest part of a
// short life. The one tree of v2 stays.
func (g *Group) Keep(controllers []string) {
	if g.mode == V2 {
		return
	}
	maps.DeleteFunc(g.dirs, func(name, _ string) bool {
		return !slices.ContainsFunc(strings.Split(name, ","), func(c string) bool { return slices.Contains(controllers, c) })
	})
}
