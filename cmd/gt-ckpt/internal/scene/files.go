package scene

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A File is an open descriptor of a process.
type File struct {
	Pid, FD int
	Target  string // what /proc/PID/fd/N says
	MountID int
	Inode   uint64
	Mode    uint32 // type and permission
	Rdev    uint64
	Flags   uint64 // of open
}

// Key is the name under which CRIU knows a file that is not of the container.
func (f *File) Key() string {
	switch f.Mode & unix.S_IFMT {
	case unix.S_IFIFO:
		return fmt.Sprintf("pipe:[%d]", f.Inode)
	case unix.S_IFSOCK:
		return fmt.Sprintf("socket:[%d]", f.Inode)
	}
	return fmt.Sprintf("file[%x:%x]", f.MountID, f.Inode)
}

// Files lists the descriptors of a process, those that vanish meanwhile aside.
func Files(pid int) ([]File, error) {
	dir := "/proc/" + strconv.Itoa(pid)
	names, err := os.ReadDir(dir + "/fd")
	if err != nil {
		return nil, err
	}
	var list []File
	for _, n := range names {
		fd, err := strconv.Atoi(n.Name())
		if err != nil {
			continue
		}
		if f, err := readFile(dir, pid, fd); err == nil {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(a, b File) int { return a.FD - b.FD })
	return list, nil
}

func readFile(dir string, pid, fd int) (File, error) {
	f := File{Pid: pid, FD: fd}
	at := dir + "/fd/" + strconv.Itoa(fd)
	var err error
	if f.Target, err = os.Readlink(at); err != nil {
		return f, err
	}
	var st unix.Stat_t
	if err := unix.Stat(at, &st); err != nil {
		return f, err
	}
	f.Inode, f.Mode, f.Rdev = st.Ino, st.Mode, st.Rdev
	info, err := os.ReadFile(dir + "/fdinfo/" + strconv.Itoa(fd))
	if err != nil {
		return f, err
	}
	for line := range strings.Lines(string(info)) {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch name {
		case "mnt_id":
			f.MountID, err = strconv.Atoi(value)
		case "flags":
			f.Flags, err = strconv.ParseUint(value, 8, 64)
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// Outside tells whether a file, directory or device was opened outside the
// container's mounts: CRIU can only take it as external.
func (f *File) Outside(mounts []Mount) bool {
	switch f.Mode & unix.S_IFMT {
	case unix.S_IFREG, unix.S_IFDIR, unix.S_IFCHR, unix.S_IFBLK:
	case unix.S_IFIFO:
		if strings.HasPrefix(f.Target, "pipe:") {
			return false
		}
	default:
		return false
	}
	if strings.HasPrefix(f.Target, "/memfd:") || strings.HasPrefix(f.Target, "anon_inode:") {
		return false
	}
	return !slices.ContainsFunc(mounts, func(m Mount) bool { return m.ID == f.MountID })
}

// Terminal tells whether it is one.
func (f *File) Terminal() bool {
	major := unix.Major(f.Rdev)
	return f.Mode&unix.S_IFMT == unix.S_IFCHR && (major >= 136 && major <= 143 || major == 5 && unix.Minor(f.Rdev) == 0)
}

// What is the target, by what it is where that is known: the name of a device
// that was opened elsewhere says nothing here.
func (f *File) What() string {
	if f.Mode&unix.S_IFMT == unix.S_IFCHR && f.Rdev == unix.Mkdev(1, 3) {
		return "/dev/null"
	}
	return f.Target
}
