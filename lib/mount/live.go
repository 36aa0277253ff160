package mount

import (
	"path"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// Add makes the steps that put one mount into a container that is there. Binds
// want a descriptor of their source, which is the host's.
func Add(m *specs.Mount, index int, pl *plan.Plan, h Host) error {
	pl.Add(plan.Step{Op: plan.OpHere})
	return one(m, pl, h, "/mounts/"+strconv.Itoa(index))
}

// Take makes the steps that take one away again.
func Take(m *specs.Mount, index int, pl *plan.Plan) error {
	member := "/mounts/" + strconv.Itoa(index) + "/destination"
	if path.Clean("/"+m.Destination) == "/" {
		return fail.Spec(member, "have the root, need a mount below it")
	}
	pl.Add(plan.Step{Op: plan.OpHere})
	pl.Add(plan.Step{Op: plan.OpUnmount, Member: member, Path: path.Clean("/" + m.Destination)})
	return nil
}

// Namespaces are those, beside the user's, that a process has to join to make
// the mount: new filesystems show what belongs to their maker's.
func Namespaces(m *specs.Mount) uint64 {
	all := uint64(unix.CLONE_NEWUSER | unix.CLONE_NEWNS)
	switch m.Type {
	case "proc":
		return all | unix.CLONE_NEWPID
	case "sysfs":
		return all | unix.CLONE_NEWNET
	case "mqueue":
		return all | unix.CLONE_NEWIPC
	case "cgroup", "cgroup2":
		return all | unix.CLONE_NEWCGROUP
	}
	return all
}
