package seccomp

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
)

// A helper is the compiler and, for the cache, which build of it.
type helper struct {
	path        string
	size, mtime int64 // bytes; nanoseconds since 1970
}

// findHelper never looks at $PATH: what it finds decides what a container may
// do.
func findHelper(path string) (helper, error) {
	if path == "" {
		self, err := os.Readlink("/proc/self/exe")
		if err != nil {
			return helper{}, err
		}
		path = filepath.Join(filepath.Dir(self), "gt-seccomp")
	}
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return helper{}, &fail.Error{
			Code: fail.CodeHost, Member: "/linux/seccomp", Op: "compile filter: need " + path, Cause: err,
		}
	}
	return helper{path: path, size: st.Size, mtime: st.Mtim.Nano()}, nil
}

// compile has gt-seccomp turn s into an array of struct sock_filter. Its three
// descriptors are files in memory, so nobody waits for a full pipe.
func compile(s *specs.LinuxSeccomp, path string) ([]byte, error) {
	if err := Check(s); err != nil {
		return nil, err
	}
	var fds [3]int
	for i := range fds {
		fd, err := unix.MemfdCreate("gt-seccomp", unix.MFD_CLOEXEC)
		if err != nil {
			return nil, os.NewSyscallError("memfd_create", err)
		}
		defer unix.Close(fd)
		fds[i] = fd
	}
	if err := writeAll(fds[0], appendJSON(nil, s)); err != nil {
		return nil, err
	}
	if _, err := unix.Seek(fds[0], 0, unix.SEEK_SET); err != nil {
		return nil, err
	}
	defer sys.PlainSlack()()
	pid, err := syscall.ForkExec(path, []string{"gt-seccomp", "compile"}, &syscall.ProcAttr{
		Env:   []string{},
		Files: []uintptr{uintptr(fds[0]), uintptr(fds[1]), uintptr(fds[2])},
	})
	if err != nil {
		return nil, &fail.Error{Code: fail.CodeHost, Op: "execute " + path, Cause: err}
	}
	var ws syscall.WaitStatus
	for {
		if _, err = syscall.Wait4(pid, &ws, 0, nil); !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, os.NewSyscallError("wait4", err)
	}
	if !ws.Exited() || ws.ExitStatus() != 0 {
		return nil, refused(path, ws, fds[2])
	}
	filter, err := readAll(fds[1], maxFilter+1)
	if err != nil {
		return nil, err
	}
	if !wellFormed(filter) {
		return nil, fail.New(fail.CodeHost, "%s answered with %d bytes, need 1 to %d instructions of 8", path, len(filter), unix.BPF_MAXINSNS)
	}
	return filter, nil
}

// refused turns the compiler's sentence back into the error it was.
func refused(path string, ws syscall.WaitStatus, stderr int) error {
	if !ws.Exited() {
		return fail.New(fail.CodeHost, "%s ended by signal %d", path, ws.Signal())
	}
	said, err := readAll(stderr, 4096)
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(strings.TrimPrefix(string(said), "gt-seccomp: "), "\n")
	line = strings.TrimPrefix(line, "compile: ")
	if line == "" {
		return fail.New(fail.CodeHost, "%s ended with exit code %d and no word", path, ws.ExitStatus())
	}
	if at, why, ok := strings.Cut(line, ": "); ok && strings.HasPrefix(at, "/linux/seccomp") {
		return fail.Spec(at, "%s", why)
	}
	return &fail.Error{Code: fail.CodeHost, Member: "/linux/seccomp", Cause: errors.New(line)}
}

func writeAll(fd int, b []byte) error {
	for len(b) > 0 {
		n, err := unix.Write(fd, b)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("write", err)
		}
		b = b[max(n, 0):]
	}
	return nil
}

// readAll reads a file from its start, at most limit bytes of it.
func readAll(fd, limit int) ([]byte, error) {
	b := make([]byte, limit)
	used := 0
	for used < limit {
		n, err := unix.Pread(fd, b[used:], int64(used))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, os.NewSyscallError("read", err)
		}
		if n == 0 {
			break
		}
		used += n
	}
	return b[:used], nil
}
