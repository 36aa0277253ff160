package container

import (
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/cgroup"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/plan"
)

// doors are the open files by which a process puts itself into its v1 groups.
type doors []int

// open appends them to the plan's descriptors, and returns the steps that use
// them.
func (d *doors) open(g *cgroup.Group, files *[]int) ([]plan.Step, error) {
	var steps []plan.Step
	for _, dir := range g.Doors() {
		name := dir + "/" + cgroup.Door
		fd, err := unix.Open(name, unix.O_WRONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return nil, &fail.Error{Op: "open " + name, Cause: err}
		}
		*d = append(*d, fd)
		*files = append(*files, fd)
		steps = append(steps, plan.Step{Op: plan.OpGroup, Member: "/linux/cgroupsPath", Path: dir, FD: len(*files)})
	}
	return steps, nil
}

func (d doors) close() {
	for _, fd := range d {
		_ = unix.Close(fd)
	}
}
