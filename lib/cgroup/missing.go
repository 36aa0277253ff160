package cgroup

import (
	"os"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// refuse is the first of refusals.
func refuse(r *specs.LinuxResources, mode Mode) error {
	for _, e := range refusals(r, mode) {
		return e
	}
	return nil
}

// refusals names the members that are not carried out.
func refusals(r *specs.LinuxResources, mode Mode) []*fail.Error {
	var list []*fail.Error
	if mode != V2 && len(r.Unified) > 0 {
		list = append(list, fail.Spec("/linux/resources/unified", "is for cgroup v2, have %s", mode))
	}
	if len(r.Rdma) > 0 {
		list = append(list, fail.Spec("/linux/resources/rdma", "have no support for it, need a spec without it"))
	}
	if n := r.Network; mode == V2 && n != nil && (n.ClassID != nil || len(n.Priorities) > 0) {
		list = append(list, fail.Spec("/linux/resources/network", "is for cgroup v1, have v2"))
	}
	return list
}

// Missing names the limits that this host cannot set: members that are not
// carried out, and those without a controller. It touches nothing.
func Missing(r *specs.LinuxResources) ([]*fail.Error, error) {
	mode, err := probe()
	if err != nil {
		return nil, err
	}
	have, err := Controllers()
	if err != nil {
		return nil, err
	}
	g, settings := &Group{mode: mode}, settingsV1(r)
	if mode == V2 {
		settings = settingsV2(r)
	}
	list := refusals(r, mode)
	for _, s := range settings {
		if s.controller != "" && !slices.Contains(have, s.controller) {
			list = append(list, g.absent(s))
		}
	}
	return list, nil
}

// Controllers lists what this host has, for `features`.
func Controllers() ([]string, error) {
	mode, err := probe()
	if err != nil {
		return nil, err
	}
	if mode == V2 {
		b, err := os.ReadFile(top + "/cgroup.controllers")
		return strings.Fields(string(b)), err
	}
	list, err := hierarchies(mode)
	return strings.Split(strings.Trim(strings.Join(list, ","), ","), ","), err
}

// Carries tells whether some layout carries out all that is set.
func Carries(r *specs.LinuxResources) bool {
	return len(refusals(r, V1)) == 0 || len(refusals(r, V2)) == 0
}
