package cgroup

import (
	"maps"
	"slices"
	"strings"
)

// None is the group of a container that has none: its processes stay where
// their parent is.
func None() (*Group, error) {
	mode, err := probe()
	return &Group{mode: mode, dirs: map[string]string{}}, err
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
