package cgroup

import (
	"errors"
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
	all := append(append([]specs.LinuxDeviceCgroup{}, rules...), always()...)
	if d := g.dir("devices"); d != "" && g.mode != V2 {
		return devicesV1(d, all)
	}
	if g.mode != V2 || g.dirs[""] == "" {
		return nil
	}
	dir, err := unix.Open(g.dirs[""], unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	if err := replaceProgram(dir, assemble(all)); err != nil {
		return &fail.Error{Member: "/linux/resources/devices", Op: "attach the device program", Cause: err}
	}
	return nil
}

func devicesV1(dir string, rules []specs.LinuxDeviceCgroup) error {
	for i, r := range rules {
		file := "devices.deny"
		if r.Allow {
			file = "devices.allow"
		}
		if err := write(dir, file, ruleV1(r)); err != nil {
			return &fail.Error{Member: "/linux/resources/devices/" + strconv.Itoa(i), Cause: err}
		}
	}
	return nil
}

func ruleV1(r specs.LinuxDeviceCgroup) string {
	kind := r.Type
	if kind == "" || kind == "u" {
		kind = "a"
	}
	access := r.Access
	if access == "" {
		access = "rwm"
	}
	return kind + " " + star(r.Major) + ":" + star(r.Minor) + " " + access
}

func star(n *int64) string {
	if n == nil || *n < 0 {
		return "*"
	}
	return strconv.FormatInt(*n, 10)
}
