package birth

import (
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// Libexec is a further directory where gt-init may be, compiled in by packages
// that keep it out of the search path.
var Libexec = ""

// openInit opens gt-init so that nothing inside can write the host's file
// through /proc/PID/exe (CVE-2019-5736): through a read-only mount of our own,
// or as a sealed copy in memory where mounting is not allowed. It is the one
// beside the running binary, never one from the search path.
func openInit() (int, error) {
	name, err := findInit()
	if err != nil {
		return -1, err
	}
	tree, err := unix.OpenTree(unix.AT_FDCWD, name, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err == nil {
		attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
		if err := unix.MountSetattr(tree, "", unix.AT_EMPTY_PATH, &attr); err == nil {
			return tree, nil
		}
		_ = unix.Close(tree)
	}
	if err == unix.ENOENT {
		return -1, missing(name)
	}
	return sealed(name)
}

func findInit() (string, error) {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return "", err
	}
	beside := filepath.Join(filepath.Dir(self), "gt-init")
	if Libexec == "" {
		return beside, nil
	}
	if _, err := os.Stat(beside); err == nil {
		return beside, nil
	}
	return filepath.Join(Libexec, "gt-init"), nil
}

func missing(name string) error {
	e := fail.New(fail.CodeHost, "have no such file, need gt-init beside gt-oci")
	e.Path = name
	return e
}

func sealed(name string) (int, error) {
	b, err := os.ReadFile(name)
	if os.IsNotExist(err) {
		return -1, missing(name)
	}
	if err != nil {
		return -1, err
	}
	fd, err := unix.MemfdCreate("gt-init", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_EXEC)
	if err == unix.EINVAL { // MFD_EXEC is Linux 6.3
		fd, err = unix.MemfdCreate("gt-init", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return -1, err
	}
	n, err := unix.Write(fd, b)
	if err == nil && n < len(b) {
		err = short(name)
	}
	if err == nil {
		seals := unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// short explains a copy that was cut: the limit for files counts for memory, too.
// A further write would end us with SIGXFSZ.
func short(name string) error {
	e := &fail.Error{Op: "copy " + name + " to memory", Cause: unix.EFBIG}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err == nil && limit.Cur != unix.RLIM_INFINITY {
		e.Hint = "RLIMIT_FSIZE is " + strconv.FormatUint(limit.Cur, 10)
	}
	return e
}
