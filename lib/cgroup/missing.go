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

// refusals names the members that this layout does not carry out.
func refusals(r *specs.LinuxResources, mode Mode) []*fail.Error {
	var list []*fail.Error
	no := func(set bool, member, format string, args ...any) {
		if set {
			list = append(list, fail.Spec("/linux/resources/"+member, format, args...))
		}
	}
	// memory.use_hierarchy has been 1 everywhere since Linux 5.11.
	no(r.Memory != nil && r.Memory.UseHierarchy != nil && !*r.Memory.UseHierarchy, "memory/useHierarchy",
		"is false, need true: limits count the groups below")
	if mode != V2 {
		no(len(r.Unified) > 0, "unified", "is for cgroup v2, have %s", mode)
		return list
	}
	const only = "is for cgroup v1, have v2"
	if n := r.Network; n != nil {
		no(n.ClassID != nil, "network/classID", only)
		no(len(n.Priorities) > 0, "network/priorities", only)
	}
	if m := r.Memory; m != nil {
		no(m.Swappiness != nil, "memory/swappiness", only)
		no(m.DisableOOMKiller != nil && *m.DisableOOMKiller, "memory/disableOOMKiller", only)
		no(m.Kernel != nil && *m.Kernel > 0, "memory/kernel", only) //nolint:staticcheck // refused
		no(m.KernelTCP != nil && *m.KernelTCP > 0, "memory/kernelTCP", only)
	}
	if c := r.CPU; c != nil {
		no(c.RealtimePeriod != nil && *c.RealtimePeriod != 0, "cpu/realtimePeriod", only)
		no(c.RealtimeRuntime != nil && *c.RealtimeRuntime != 0, "cpu/realtimeRuntime", only)
	}
	if b := r.BlockIO; b != nil {
		no(b.LeafWeight != nil && *b.LeafWeight != 0, "blockIO/leafWeight", only)
		for _, d := range b.WeightDevice {
			no(d.LeafWeight != nil && *d.LeafWeight != 0, "blockIO/weightDevice", only)
		}
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
