package idmap

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// trusted is where newuidmap is looked for: it has privileges, so never $PATH.
var trusted = []string{"/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin", "/run/wrappers/bin"}

// run has newuidmap or newgidmap write the map.
func (k kind) run(pid int, m Map) error {
	path := k.find()
	if path == "" {
		e := fail.New(fail.CodeHost, "have no %s in %s, need it to map more than the own %s (package uidmap or shadow-utils)",
			k.tool, strings.Join(trusted[:2], " or "), k.noun)
		if unix.Access("/usr/bin/apt-get", unix.X_OK) == nil {
			e.Hint = "sudo apt-get install uidmap"
		}
		return e
	}
	args := []string{k.tool, strconv.Itoa(pid)}
	for _, l := range m {
		for _, n := range []uint32{l.ContainerID, l.HostID, l.Size} {
			args = append(args, strconv.FormatUint(uint64(n), 10))
		}
	}
	said, err := capture(path, args)
	if err == nil {
		return nil
	}
	return &fail.Error{
		Code: fail.CodePermission, Op: "run " + path,
		Cause: fmt.Errorf("%w%s", err, said), Hint: k.explain(path, m),
	}
}

func (k kind) find() string {
	for _, dir := range trusted {
		path := dir + "/" + k.tool
		if unix.Access(path, unix.X_OK) == nil {
			return path
		}
	}
	return ""
}

// explain names what is missing, and the command that mends it: the line in
// /etc/subuid, or the privilege of the program.
func (k kind) explain(path string, m Map) string {
	list, err := grants(k.grants, os.Getuid())
	if err != nil {
		return ""
	}
	for _, l := range m {
		if l.Size == 1 && int(l.HostID) == k.own() || granted(list, l.HostID, l.Size) {
			continue
		}
		user := strconv.Itoa(os.Getuid())
		if text, err := os.ReadFile(passwd); err == nil {
			if name := UserName(text, os.Getuid()); name != "" {
				user = name
			}
		}
		line := fmt.Sprintf("%s:%d:%d", user, l.HostID, l.Size)
		return fmt.Sprintf("%s needs a line %s: echo %s | sudo tee -a %s", k.grants, line, line, k.grants)
	}
	var st unix.Stat_t
	if _, err := unix.Getxattr(path, "security.capability", nil); err != nil && unix.Stat(path, &st) == nil && st.Mode&unix.S_ISUID == 0 {
		return path + " has no privilege: sudo chmod u+s " + path
	}
	return ""
}

// granted tells whether one of the lines covers all IDs from first on.
func granted(list []Grant, first, size uint32) bool {
	for _, g := range list {
		if first >= g.First && uint64(first)+uint64(size) <= uint64(g.First)+uint64(g.Count) {
			return true
		}
	}
	return false
}

// capture runs a program with an empty environment and returns what it said,
// with ": " in front.
func capture(path string, args []string) (string, error) {
	fd, err := unix.MemfdCreate("output", unix.MFD_CLOEXEC)
	if err != nil {
		return "", err
	}
	out := os.NewFile(uintptr(fd), "output")
	defer out.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return "", err
	}
	defer null.Close()
	defer sys.PlainSlack()()
	p, err := os.StartProcess(path, args, &os.ProcAttr{Env: []string{}, Files: []*os.File{null, out, out}})
	if err != nil {
		return "", err
	}
	st, err := p.Wait()
	if err != nil || st.Success() {
		return "", err
	}
	buf := make([]byte, 4096)
	n, _ := unix.Pread(fd, buf, 0)
	said := strings.TrimSpace(string(buf[:max(n, 0)]))
	if said != "" {
		said = ": " + said
	}
	return said, errors.New(st.String())
}
