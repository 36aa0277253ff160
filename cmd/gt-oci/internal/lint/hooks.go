package lint

import (
	"golang.org/x/sys/unix"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/path"
)

// hooks run on the host, but for startContainer, which runs in the container
// (runtime-spec config.md, "POSIX-platform Hooks").
func (l *linter) hooks() error {
	h := l.spec.Hooks
	if h == nil {
		return nil
	}
	for _, k := range []struct {
		name string
		list []specs.Hook
	}{
		{"prestart", h.Prestart}, //nolint:staticcheck // Docker still sends prestart
		{"createRuntime", h.CreateRuntime},
		{"createContainer", h.CreateContainer},
		{"poststart", h.Poststart},
		{"poststop", h.Poststop},
	} {
		for i, hook := range k.list {
			if err := unix.Access(hook.Path, unix.X_OK); err != nil {
				l.add(Error, &fail.Error{Member: at("/hooks/"+k.name, i) + "/path", Op: "execute " + hook.Path, Cause: err})
			}
		}
	}
	for i, hook := range h.StartContainer {
		if l.root < 0 || l.mounted(hook.Path) {
			continue
		}
		fd, err := path.Open(l.root, hook.Path, unix.O_PATH)
		if err != nil {
			l.add(Error, &fail.Error{Member: at("/hooks/startContainer", i) + "/path", Op: "find " + hook.Path + " in the root", Cause: err})
			continue
		}
		_ = unix.Close(fd)
	}
	return nil
}
