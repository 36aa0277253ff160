package shell

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

func workingDir() (string, error) {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Getcwd(buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n-1]), nil
}

func executable(path string) bool { return unix.Access(path, unix.X_OK) == nil }

// cd changes the directory; $PWD keeps the path as it was walked, or with -P
// the one without links.
func (s *Shell) cd(args []string) int {
	args = args[1:]
	physical := false
	for len(args) > 0 && (args[0] == "-P" || args[0] == "-L" || args[0] == "--") {
		physical = args[0] == "-P"
		args = args[1:]
	}
	to, show := s.value("HOME"), false
	if len(args) > 0 {
		to = args[0]
	}
	if to == "-" {
		to, show = s.value("OLDPWD"), true
	}
	if to == "" {
		return s.wrong("cd", "need a directory")
	}
	logical := to
	if !filepath.IsAbs(to) {
		logical = s.value("PWD") + "/" + to
	}
	logical = filepath.Clean(logical)
	err := os.Chdir(logical)
	if err != nil || physical || !filepath.IsAbs(logical) {
		if err != nil {
			err = os.Chdir(to)
		}
		if err != nil {
			return s.wrong("cd", "%s: %s", to, reason(err))
		}
		if logical, err = workingDir(); err != nil {
			logical = "."
		}
	}
	s.put("OLDPWD", s.value("PWD"))
	s.put("PWD", logical)
	if show {
		_ = s.say(1, logical+"\n")
	}
	return 0
}
