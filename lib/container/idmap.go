package container

import (
	"errors"
	"path/filepath"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/birth"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/mount"
)

// mapped makes what an id-mapped bind mount shows: only the owner of a
// filesystem may map it, which the container is not. The maps are its own, or
// those of the container with process pid. The descriptor is the caller's.
func mapped(m *specs.Mount, member, bundle string, pid int) (int, error) {
	if err := mount.Check(m, member); err != nil {
		return -1, err
	}
	var user int
	var err error
	if len(m.UIDMappings) > 0 {
		user, err = birth.UserNamespace(m.UIDMappings, m.GIDMappings)
	} else {
		user, err = unix.Open("/proc/"+itoa(pid)+"/ns/user", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		return -1, &fail.Error{Member: member, Op: "make the id map", Cause: err}
	}
	defer unix.Close(user)
	o, err := mount.Parse(m, member)
	if err != nil {
		return -1, err
	}
	source := m.Source
	if !filepath.IsAbs(source) {
		source = filepath.Join(bundle, source)
	}
	tree, err := mount.MapTree(source, o, user)
	var e *fail.Error
	if errors.As(err, &e) {
		e.Member = member
	}
	return tree, err
}
