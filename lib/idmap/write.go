package idmap

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// kind is what differs between users and groups.
type kind struct {
	file, tool, grants, noun string
	own                      func() int
}

var (
	users  = kind{file: "uid_map", tool: "newuidmap", grants: subUID, noun: "user", own: os.Geteuid}
	groups = kind{file: "gid_map", tool: "newgidmap", grants: subGID, noun: "group", own: os.Getegid}
)

// Helped tells whether newuidmap and newgidmap have to write the maps: they are
// of more than the own IDs, and the right to write such is missing.
func (m Maps) Helped() bool {
	if len(m.UID) == 0 && len(m.GID) == 0 || m.UID.own(users.own()) && m.GID.own(groups.own()) {
		return false
	}
	permitted, err := sys.CapGet()
	return err == nil && permitted&(1<<unix.CAP_SETUID) == 0
}

// Write gives the new user namespace of process pid its maps. Who may not
// write more than the own ID has it done by newuidmap and newgidmap. The
// process must be a child of the caller that was not waited for, so that the
// number cannot mean another one.
func (m Maps) Write(pid int) error {
	if err := write(users, pid, m.UID); err != nil {
		return err
	}
	return write(groups, pid, m.GID)
}

func write(k kind, pid int, m Map) error {
	err := put(pid, k.file, m.Text())
	if !errors.Is(err, unix.EPERM) {
		return err
	}
	if !m.own(k.own()) {
		return k.run(pid, m)
	}
	if k.file != groups.file {
		return err
	}
	// Since Linux 3.19 (CVE-2014-8989) a group may be mapped without privilege
	// only when setgroups is given up: it could drop a group that denies.
	if err := put(pid, "setgroups", []byte("deny")); err != nil {
		return err
	}
	return put(pid, k.file, m.Text())
}

// put writes a file of /proc/PID in the one write the kernel asks for.
func put(pid int, file string, text []byte) error {
	path := "/proc/" + strconv.Itoa(pid) + "/" + file
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &fail.Error{Op: "open " + path, Cause: err}
	}
	_, err = unix.Write(fd, text)
	_ = unix.Close(fd)
	if err != nil {
		return &fail.Error{Op: "write " + path, Cause: err}
	}
	return nil
}
