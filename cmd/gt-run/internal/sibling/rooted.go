package sibling

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/idmap"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// A Root is an open directory that a container has as its root, and whose IDs its
// owners are: those of a user namespace, or the caller's if there are no maps.
type Root struct {
	Dir  int
	Maps idmap.Maps
}

// RootName is how a tool that Run starts finds the directory.
const RootName = "/dev/fd/3"

// Run lets a tool work on the root, with our stdin and stdout, as root of a user
// namespace of the same maps: what it makes has owners that the container knows. The
// path to the tool may be closed there, so it is executed by its descriptor. It has
// our process group, and so the keys, and is ended when we are.
func (r *Root) Run(tool string, args ...string) error {
	path, err := Path(tool)
	if err != nil {
		return err
	}
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	program := os.NewFile(uintptr(fd), path)
	defer program.Close()
	dup, err := unix.FcntlInt(uintptr(r.Dir), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	root := os.NewFile(uintptr(dup), "root")
	defer root.Close()
	var stderr bytes.Buffer
	c := exec.Command("/proc/self/fd/4", args...)
	c.Args[0] = tool
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, &stderr
	c.ExtraFiles = []*os.File{root, program}
	c.SysProcAttr = r.attributes()
	// Our end is noticed by the thread that made the child (prctl(2), PR_SET_PDEATHSIG).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer sys.PlainSlack()()
	err = c.Run()
	said := strings.TrimSpace(stderr.String())
	if err == nil {
		_, err = os.Stderr.Write(stderr.Bytes())
		return err
	}
	if said == "" {
		return fmt.Errorf("%s: %w", tool, err)
	}
	if _, its, ok := strings.Cut(said, RootName+": "); ok {
		said = its
	}
	return errors.New(said)
}

func (r *Root) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Pdeathsig: unix.SIGTERM}
	if len(r.Maps.UID) == 0 {
		return a
	}
	a.Cloneflags = unix.CLONE_NEWUSER
	a.UidMappings, a.GidMappings = r.Maps.UID.Sys(), r.Maps.GID.Sys()
	// Who is not root may map his own IDs without setgroups(2) only (user_namespaces(7)).
	root := os.Geteuid() == 0
	a.GidMappingsEnableSetgroups = root
	a.Credential = &syscall.Credential{NoSetGroups: !root}
	return a
}
