package lint

import (
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/path"
)

func at(list string, i int) string { return list + "/" + strconv.Itoa(i) }

// host makes a path of the spec one of the host.
func (l *linter) host(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(l.bundle, name)
}

// rootfs opens the root, for the checks after it.
func (l *linter) rootfs() error {
	if l.spec.Root == nil || l.spec.Root.Path == "" {
		return nil
	}
	name := l.host(l.spec.Root.Path)
	fd, err := unix.Open(name, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		l.add(Error, &fail.Error{Member: "/root/path", Op: "open " + name, Cause: err})
		return nil
	}
	l.root = fd
	return nil
}

func (l *linter) close() {
	if l.root >= 0 {
		_ = unix.Close(l.root)
	}
}

// program looks for args[0] in the root, unless a mount may bring it.
func (l *linter) program() {
	p := l.spec.Process
	if l.root < 0 || len(p.Args) == 0 || p.Args[0] == "" {
		return
	}
	name, search := p.Args[0], []string{""}
	switch {
	case strings.Contains(name, "/"):
		if !filepath.IsAbs(name) {
			name = filepath.Join(p.Cwd, name)
		}
	default:
		search = searchPath(p.Env)
	}
	last := error(unix.ENOENT)
	for _, dir := range search {
		file := filepath.Join("/", dir, name)
		if l.mounted(file) {
			return
		}
		fd, err := path.Open(l.root, file, unix.O_PATH)
		if err != nil {
			last = err
			continue
		}
		_ = unix.Close(fd)
		return
	}
	l.add(Error, &fail.Error{Code: fail.CodeExecNoSuch, Member: "/process/args/0", Op: "find " + p.Args[0] + " in the root", Cause: last})
}

func searchPath(env []string) []string {
	for _, e := range env {
		if list, ok := strings.CutPrefix(e, "PATH="); ok {
			return filepath.SplitList(list)
		}
	}
	return nil
}

// mounted tells whether a mount covers the file.
func (l *linter) mounted(file string) bool {
	for _, m := range l.spec.Mounts {
		dir := filepath.Join("/", m.Destination)
		if file == dir || dir == "/" || strings.HasPrefix(file, dir+"/") {
			return true
		}
	}
	return false
}
