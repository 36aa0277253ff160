package lint

import (
	"strings"

	"github.com/gophertainer/gophertainer/lib/container"
	"github.com/gophertainer/gophertainer/lib/cred"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/landlock"
	"github.com/gophertainer/gophertainer/lib/spec"
)

// itself is what the text tells without the host.
func (l *linter) itself(raw []byte) {
	for _, pointer := range spec.Unknown(raw) {
		if foreign(pointer) {
			l.warn(pointer, "is for another system, has no effect on Linux")
			continue
		}
		l.warn(pointer, "is no member of the specification, has no effect")
	}
	for _, err := range spec.Findings(l.spec) {
		l.add(Error, err)
	}
	for i, m := range l.spec.Mounts {
		if m.Destination != "" && !strings.HasPrefix(m.Destination, "/") {
			l.warn(at("/mounts", i)+"/destination", "have a relative path, which the specification deprecates, need "+"/"+m.Destination)
		}
	}
	for _, err := range container.Lacks(l.spec.Linux) {
		l.add(Error, err)
	}
	if p := l.spec.Process; p != nil {
		for _, err := range cred.Lacks(p) {
			l.add(Error, err)
		}
	}
	l.landlock()
	if h := l.spec.Hooks; h != nil && len(h.Prestart) > 0 { //nolint:staticcheck // that is the finding
		l.warn("/hooks/prestart", "is deprecated, need createRuntime, createContainer or startContainer")
	}
}

func (l *linter) landlock() {
	rules, err := landlock.Parse(l.spec.Annotations)
	l.add(Error, err)
	if rules == nil || err != nil {
		return
	}
	if err := rules.Host(); err != nil {
		l.add(Error, err)
	}
	if p := l.spec.Process; p != nil && !p.NoNewPrivileges {
		l.add(Error, fail.Spec("/process/noNewPrivileges", "is false, need true for %s", landlock.Annotation))
	}
}

// foreign tells a member of another system (runtime-spec config.md,
// "Platform-specific configuration").
func foreign(pointer string) bool {
	switch pointer {
	case "/solaris", "/windows", "/vm", "/zos", "/freebsd", "/process/commandLine", "/process/user/username":
		return true
	}
	return false
}
