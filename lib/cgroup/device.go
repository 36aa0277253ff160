package cgroup

import (
	"errors"
	"strconv"
	"strings"

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

// insn is struct bpf_insn.
type insn struct {
	code uint8
	regs uint8 // destination, source << 4
	off  int16
	imm  int32
}

// assemble makes a program of type BPF_PROG_TYPE_CGROUP_DEVICE. Its context
// has the access and type word, major, minor; the last rule that fits wins, so
// they are tried from the end.
func assemble(rules []specs.LinuxDeviceCgroup) []insn {
	const load, and, shift, jne, move, exit = 0x61, 0x54, 0x74, 0x55, 0xb7, 0x95
	prog := []insn{
		{load, 0x12, 0, 0}, {0xbc, 0x23, 0, 0}, // r2 = word, r3 = r2
		{and, 2, 0, 0xffff}, // r2: type
		{shift, 3, 0, 16},   // r3: access
		{load, 0x14, 4, 0},  // r4: major
		{load, 0x15, 8, 0},  // r5: minor
	}
	for i := len(rules) - 1; i >= 0; i-- {
		r := rules[i]
		var body []insn
		switch r.Type {
		case "b":
			body = append(body, insn{jne, 2, 0, 1})
		case "c":
			body = append(body, insn{jne, 2, 0, 2})
		}
		if bits := access(r.Access); bits != 7 {
			// r1 = access without the rule's bits: anything left does not fit
			body = append(body, insn{0xbc, 0x31, 0, 0}, insn{and, 1, 0, ^bits & 7}, insn{jne, 1, 0, 0})
		}
		if r.Major != nil && *r.Major >= 0 {
			body = append(body, insn{jne, 4, 0, int32(*r.Major)})
		}
		if r.Minor != nil && *r.Minor >= 0 {
			body = append(body, insn{jne, 5, 0, int32(*r.Minor)})
		}
		verdict := int32(0)
		if r.Allow {
			verdict = 1
		}
		body = append(body, insn{move, 0, 0, verdict}, insn{exit, 0, 0, 0})
		for k := range body {
			if body[k].code == jne {
				body[k].off = int16(len(body) - k - 1)
			}
		}
		prog = append(prog, body...)
		if len(body) == 2 {
			return prog // fits everything, so nothing before it counts
		}
	}
	return append(prog, insn{move, 0, 0, 0}, insn{exit, 0, 0, 0})
}

// access: BPF_DEVCG_ACC_MKNOD 1, READ 2, WRITE 4.
func access(word string) int32 {
	if word == "" {
		return 7
	}
	var bits int32
	for i, c := range "mrw" {
		if strings.ContainsRune(word, c) {
			bits |= 1 << i
		}
	}
	return bits
}
