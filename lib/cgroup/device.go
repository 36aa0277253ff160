package cgroup

import (
	"errors"
	"slices"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/idmap"
)

func number(n int64) *int64 { return &n }

// always are the devices that every container may use, whatever the spec says
// before (runtime-spec config-linux.md, "Allowed Device list"; the default
// devices and terminals).
func always() []specs.LinuxDeviceCgroup {
	return []specs.LinuxDeviceCgroup{
		{Allow: true, Type: "c", Access: "m"},
		{Allow: true, Type: "b", Access: "m"},
		{Allow: true, Type: "c", Major: number(1), Minor: number(3), Access: "rwm"},
		{Allow: true, Type: "c", Major: number(1), Minor: number(5), Access: "rwm"},
		{Allow: true, Type: "c", Major: number(1), Minor: number(7), Access: "rwm"},
		{Allow: true, Type: "c", Major: number(1), Minor: number(8), Access: "rwm"},
		{Allow: true, Type: "c", Major: number(1), Minor: number(9), Access: "rwm"},
		{Allow: true, Type: "c", Major: number(5), Minor: number(0), Access: "rwm"},
		{Allow: true, Type: "c", Major: number(5), Minor: number(2), Access: "rwm"},
		{Allow: true, Type: "c", Major: number(136), Access: "rwm"},
	}
}

// devices writes the rules: into the v1 files, or as a program on cgroup2.
// First all is denied or allowed by the spec, then the standard ones.
func (g *Group) devices(rules []specs.LinuxDeviceCgroup) error {
	if len(rules) == 0 {
		return nil
	}
	err := g.writeDevices(rules)
	if errors.Is(err, unix.EPERM) {
		// In a user namespace nobody may set them. It has no mknod either, and
		// the host's nodes keep their modes.
		if inside, ierr := idmap.Inside(); ierr == nil && inside {
			return nil
		}
	}
	return err
}

func (g *Group) writeDevices(rules []specs.LinuxDeviceCgroup) error {
	if d := g.dir("devices"); d != "" && g.mode != V2 {
		return devicesV1(d, whole(rules))
	}
	if g.mode != V2 || g.dirs[""] == "" {
		return nil
	}
	dir, err := unix.Open(g.dirs[""], unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	if err := replaceProgram(dir, assemble(effective(whole(rules)))); err != nil {
		return &fail.Error{Member: "/linux/resources/devices", Op: "attach the device program", Cause: err}
	}
	return nil
}

// whole adds the rules that always go behind the spec's.
func whole(rules []specs.LinuxDeviceCgroup) []specs.LinuxDeviceCgroup {
	return slices.Concat(rules, always())
}

// effective are the rules that fit some device, in the kernel's words.
func effective(rules []specs.LinuxDeviceCgroup) []specs.LinuxDeviceCgroup {
	list := make([]specs.LinuxDeviceCgroup, 0, len(rules))
	for _, r := range rules {
		if r.Type = kind(r.Type); r.Type != fifo {
			list = append(list, r)
		}
	}
	return list
}

// fifo is no device to the kernel: who makes or opens one is not asked for a
// rule.
const fifo = "p"

// kind is the type as the kernel knows it: u is a character device without a
// buffer, which is how all are made today (mknod(1)).
func kind(word string) string {
	switch word {
	case "":
		return "a"
	case "u":
		return "c"
	}
	return word
}

func star(n *int64) string {
	if n == nil || *n < 0 {
		return "*"
	}
	return strconv.FormatInt(*n, 10)
}
