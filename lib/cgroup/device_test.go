package cgroup

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// tried are the devices that a process in the group tries to make, read and
// write, and to open for both at once; all but one exist everywhere.
var tried = [][2]uint32{{1, 3}, {1, 5}, {1, 8}, {5, 0}, {1, 9}, {1, 11}}

// TestMain is the process, if told so: it prints what it may do of m, r and w
// with each device.
func TestMain(m *testing.M) {
	dir := os.Getenv("GT_TRY_DEVICES")
	if dir == "" {
		os.Exit(m.Run())
	}
	if door := os.Getenv("GT_TRY_DOOR"); door != "" {
		if err := os.WriteFile(door, []byte("0"), 0); err != nil {
			panic(err)
		}
	}
	for i, d := range tried {
		may := ""
		node := fmt.Sprintf("%s/new%d", dir, i)
		if unix.Mknod(node, unix.S_IFCHR|0o600, int(unix.Mkdev(d[0], d[1]))) == nil {
			may += "m"
			os.Remove(node)
		}
		for _, a := range []struct {
			word  string
			flags int
		}{{"r", unix.O_RDONLY}, {"w", unix.O_WRONLY}, {"+", unix.O_RDWR}} {
			fd, err := unix.Open(fmt.Sprintf("%s/node%d", dir, i), a.flags|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
			if err == nil {
				unix.Close(fd)
			}
			if err != unix.EPERM { // ENXIO: allowed, and no terminal is there
				may += a.word
			}
		}
		fmt.Printf("%d:%d %s\n", d[0], d[1], may)
	}
	os.Exit(0)
}

// try runs the process in a cgroup2 directory, or one of the v1 controller.
func try(t *testing.T, group string) string {
	t.Helper()
	dir := t.TempDir()
	for i, d := range tried {
		if err := unix.Mknod(fmt.Sprintf("%s/node%d", dir, i), unix.S_IFCHR|0o666, int(unix.Mkdev(d[0], d[1]))); err != nil {
			t.Skip("need to make devices: ", err)
		}
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "GT_TRY_DEVICES="+dir)
	if _, err := os.Stat(group + "/devices.list"); err == nil {
		cmd.Env = append(cmd.Env, "GT_TRY_DOOR="+group+"/cgroup.procs")
	} else {
		fd, err := unix.Open(group, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		cmd.SysProcAttr = &unix.SysProcAttr{UseCgroupFD: true, CgroupFD: fd}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatal(err, string(out))
	}
	return string(out)
}

// expected is what the rules mean: the last one that fits says it.
func expected(rules []specs.LinuxDeviceCgroup) string {
	var b strings.Builder
	for _, d := range tried {
		may := ""
		for _, word := range "mrw" {
			ok := false
			for _, r := range rules {
				major := r.Major == nil || *r.Major < 0 || *r.Major == int64(d[0])
				minor := r.Minor == nil || *r.Minor < 0 || *r.Minor == int64(d[1])
				if r.Type != "b" && r.Type != "p" && major && minor && (r.Access == "" || strings.ContainsRune(r.Access, word)) {
					ok = r.Allow
				}
			}
			if ok {
				may += string(word)
			}
		}
		if strings.HasSuffix(may, "rw") {
			may += "+"
		}
		fmt.Fprintf(&b, "%d:%d %s\n", d[0], d[1], may)
	}
	return b.String()
}

// rule reads "+c 1:3 rwm"; - denies, -1 is any number.
func rule(text string) specs.LinuxDeviceCgroup {
	var major, minor int64
	r := specs.LinuxDeviceCgroup{Allow: text[0] == '+', Type: text[1:2]}
	if _, err := fmt.Sscanf(text[2:], "%d:%d %s", &major, &minor, &r.Access); err != nil {
		panic(err)
	}
	r.Major, r.Minor = &major, &minor
	return r
}

//house:table
var ruleSets = [][]specs.LinuxDeviceCgroup{
	{},
	{{Allow: true}},
	{{Allow: false, Access: "rwm"}},
	{{Allow: false, Access: "rwm"}, rule("+c 1:3 rwm")},
	{{Allow: false, Access: "rwm"}, rule("+c 1:-1 r"), rule("-c 1:8 r")},
	{{Allow: false, Access: "rwm"}, rule("+c 1:5 m"), rule("+c 1:5 w")},
	{{Allow: true, Access: "rwm"}, rule("-c 1:9 w")},
	{{Allow: false, Access: "rwm"}, rule("+c 1:9 rwm"), rule("-c 1:9 w"), rule("+c 1:5 r"), rule("+c 1:5 w")},
	{{Allow: true, Type: "a", Access: "rwm"}, rule("-b 1:3 rwm"), rule("-c 5:0 rw")},
	{{Allow: false, Access: "rwm"}, rule("+a 1:11 rw")},
	{{Allow: false, Access: "rwm"}, rule("+p -1:-1 rwm")},
	{{Allow: false, Access: "rwm"}, rule("+u 1:-1 rwm")},
	{{Allow: false, Access: "rwm"}, {Allow: true, Access: "r"}},
	{{Allow: true, Access: "rwm"}, rule("-a 1:5 rwm"), rule("-u 1:9 rwm")},
	append([]specs.LinuxDeviceCgroup{{Allow: false, Access: "rwm"}}, always()...),
}

// holed is the set that v1 cannot carry out.
const holed = 4

// TestProgram runs each program in the kernel, one after the other on the same
// group, so that a new one has to take the place of the old one.
func TestProgram(t *testing.T) {
	g := newGroup(t)
	group := g.dirs[""]
	if group == "" {
		t.Skip("need a cgroup2 hierarchy")
	}
	dir, err := unix.Open(group, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(dir)
	for i, rules := range ruleSets {
		if err := replaceProgram(dir, assemble(effective(rules))); err != nil {
			t.Skip("need to attach a device program: ", err)
		}
		if ids, err := attached(dir); err != nil || len(ids) != 1 {
			t.Errorf("set %d: have programs %v %v, need one", i, ids, err)
		}
		if have, want := try(t, group), expected(rules); have != want {
			t.Errorf("set %d %+v:\nhave\n%sneed\n%s", i, rules, have, want)
		}
	}
	// Below the group another program is added to this one, not put in its place.
	below := filepath.Join(group, "below")
	if err := os.Mkdir(below, 0o755); err != nil {
		t.Fatal(err)
	}
	defer unix.Rmdir(below)
	sub, err := unix.Open(below, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(sub)
	if err := replaceProgram(sub, assemble([]specs.LinuxDeviceCgroup{{Allow: true}})); err != nil {
		t.Fatal(err)
	}
	if have, want := try(t, below), expected(ruleSets[len(ruleSets)-1]); have != want {
		t.Errorf("below: have\n%sneed\n%s", have, want)
	}
	keepsOthers(t, sub)
}

// keepsOthers: what systemd has attached to its scope is not ours to detach.
func keepsOthers(t *testing.T, dir int) {
	fd, err := loadProgram("sd_devices", assemble([]specs.LinuxDeviceCgroup{{Allow: true}}))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := attach(dir, fd); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := replaceProgram(dir, assemble(ruleSets[3])); err != nil {
			t.Fatal(err)
		}
		if ids, err := attached(dir); err != nil || len(ids) != 2 {
			t.Errorf("have programs %v %v, need the other's and one of ours", ids, err)
		}
	}
}

// TestDevicesV1 holds the v1 controller to the same meaning.
func TestDevicesV1(t *testing.T) {
	g := newGroup(t)
	if g.mode == V2 || g.dir("devices") == "" {
		t.Skip("need the v1 controller devices")
	}
	for i, rules := range ruleSets {
		err := devicesV1(g.dir("devices"), rules)
		if i == holed {
			if err == nil || !strings.Contains(err.Error(), "/linux/resources/devices/1: have a rule that a later one undoes in part") {
				t.Errorf("have %v, need a refusal", err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("set %d: %v", i, err)
		}
		if have, want := try(t, g.dir("devices")), expected(rules); have != want {
			t.Errorf("set %d %+v:\nhave\n%sneed\n%s", i, rules, have, want)
		}
	}
	if err := g.devices(ruleSets[3]); err != nil {
		t.Fatal(err)
	}
	text, err := read(g.dir("devices"), "devices.list")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"c 1:3 rwm", "c *:* m", "b *:* m", "c 136:* rwm"} {
		if !strings.Contains(text, line) {
			t.Errorf("have %q, need %s", text, line)
		}
	}
	if strings.Contains(text, "a *:*") || strings.Contains(text, "1:11") {
		t.Errorf("have %q, need no more than the rules", text)
	}
}
