package criu

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// cache is where CRIU keeps what it found out about the kernel: some 30
// features, 30 to 90 ms. It writes it only where /run is a tmpfs, and reads it
// wherever it is.
const cache = "/run/criu.kdat"

// Warm makes the cache where CRIU itself would not: one probe in a private
// mount namespace whose /run is a tmpfs, and a copy of the result. It is done
// once a boot; CRIU checks the age and the kernel itself. That it cannot be
// done costs time and is no failure.
func Warm(path string) error {
	if _, err := os.Lstat(cache); err == nil {
		return nil
	}
	var st unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(cache), &st); err != nil || st.Type == unix.TMPFS_MAGIC {
		return err
	}
	// The copy leaves through stdout: the mount is gone with the shell.
	const script = `mount -t tmpfs none /run && "$0" check >/dev/null 2>&1; cat /run/criu.kdat`
	cmd := exec.Command("/bin/sh", "-c", script, path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS}
	text, err := cmd.Output()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(cache), ".criu.kdat.")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), cache)
}
