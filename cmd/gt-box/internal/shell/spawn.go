package shell

import (
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	statusNotExecutable = 126
	statusNotFound      = 127
	statusSignal        = 128
)

// spawn starts a program with the descriptors of t and returns its pid, or 0
// and the status that stands for what went wrong.
func (s *Shell) spawn(t table, argv, env []string) (pid, status int) {
	path, status := s.find(argv[0])
	if path == "" {
		return 0, status
	}
	attr := &syscall.ProcAttr{Env: env, Files: t.files()}
	pid, err := syscall.ForkExec(path, argv, attr)
	if err == syscall.ENOEXEC {
		pid, err = syscall.ForkExec(self(), append([]string{"sh", path}, argv[1:]...), attr)
	}
	if err != nil {
		return 0, s.cannotExec(argv[0], err)
	}
	return pid, 0
}

// replace makes the program take the place of the shell. It returns only if
// that did not happen.
func (s *Shell) replace(argv, env []string) int {
	path, status := s.find(argv[0])
	if path == "" {
		return status
	}
	saved := s.hold()
	if err := s.fds.apply(); err != nil {
		s.complain("%s: set descriptors: %s", argv[0], err)
		return statusNotExecutable
	}
	s.fds = table{}
	err := syscall.Exec(path, argv, env)
	if err == syscall.ENOEXEC {
		err = syscall.Exec(self(), append([]string{"sh", path}, argv[1:]...), env)
	}
	s.fds = saved
	return s.cannotExec(argv[0], err)
}

// hold keeps a copy of the first three descriptors for the words of a failed
// exec.
func (s *Shell) hold() table {
	t := s.fds.clone()
	for n := range 3 {
		if fd := t.real(n); fd >= 0 && fd < 3 {
			if high, err := dup(fd); err == nil {
				t[n] = high
			}
		}
	}
	return t
}

func (s *Shell) cannotExec(name string, err error) int {
	s.complain("%s: %s", name, err)
	if err == syscall.ENOENT {
		return statusNotFound
	}
	return statusNotExecutable
}

// find is the path of a command, or "" and the status after it said so.
func (s *Shell) find(name string) (string, int) {
	path, status := s.search(name)
	switch {
	case path != "":
		return path, 0
	case status == statusNotFound:
		s.complain("%s: not found", name)
	default:
		s.complain("%s: %s", name, syscall.EACCES)
	}
	return "", status
}

// search looks a command up in $PATH. An applet runs even where no file is.
func (s *Shell) search(name string) (string, int) {
	status := statusNotFound
	if strings.Contains(name, "/") {
		return name, 0
	}
	for dir := range strings.SplitSeq(s.value("PATH"), ":") {
		if dir == "" {
			dir = "."
		}
		path := dir + "/" + name
		var st unix.Stat_t
		if unix.Stat(path, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
			continue
		}
		if unix.Access(path, unix.X_OK) == nil {
			return path, 0
		}
		status = statusNotExecutable
	}
	if s.applets.Has != nil && s.applets.Has(name) {
		return self(), 0
	}
	return "", status
}

// self is this program. Without /proc the name that started it has to do.
func self() string {
	const link = "/proc/self/exe"
	if unix.Access(link, unix.X_OK) == nil {
		return link
	}
	if path, err := os.Executable(); err == nil {
		return path
	}
	return "/bin/gt-box"
}
