// Package lint checks a config.json against the specification, against what this
// runtime carries out and against this host, and tells everything it finds.
package lint

import (
	"errors"
	"path/filepath"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/spec"
)

// The levels. A container with an error cannot be made or started; one with
// warnings can, but may not be what its author meant.
const (
	Error   = "error"
	Warning = "warning"
)

// A Finding is one thing that is wrong.
type Finding struct {
	Level   string
	Code    fail.Code
	Pointer string // RFC 6901; "" is the whole text
	Text    string
}

// Line is the finding for people.
func (f *Finding) Line() string {
	if f.Pointer == "" {
		return f.Level + ": " + f.Text + "\n"
	}
	return f.Level + ": " + f.Pointer + ": " + f.Text + "\n"
}

// Write adds the finding as JSON.
func (f *Finding) Write(w *json.Writer) {
	w.Object()
	for _, m := range [][2]string{{"level", f.Level}, {"code", string(f.Code)}, {"pointer", f.Pointer}, {"message", f.Text}} {
		w.Name(m[0])
		w.String(m[1])
	}
	w.EndObject()
}

// Bundle checks a bundle with the config at a path, for the cgroup driver that
// is chosen. An error is that of reading; a text that is no config is a finding.
func Bundle(dir, config string, systemd bool) ([]Finding, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	l := &linter{bundle: dir, root: -1, systemd: systemd}
	s, raw, err := spec.Read(config)
	var f *fail.Error
	if err != nil {
		if errors.As(err, &f) && fail.Details(err).Code == fail.CodeSpec {
			l.add(Error, f.Cause)
			return l.found, nil
		}
		return nil, err
	}
	l.spec = s
	if s.Linux == nil {
		s.Linux = &specs.Linux{}
	}
	l.itself(raw)
	defer l.close()
	for _, check := range []func() error{l.rootfs, l.mounts, l.namespaces, l.process, l.resources, l.devices, l.kernel, l.hooks} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return l.found, nil
}

type linter struct {
	bundle  string
	spec    *specs.Spec
	root    int  // descriptor of the root filesystem, -1 if there is none
	systemd bool // its cgroup driver
	found   []Finding
}

// add takes an error apart. A member that was found wrong once is not told
// again by a later check.
func (l *linter) add(level string, err error) {
	if err == nil {
		return
	}
	d := fail.Details(err)
	text := strings.TrimPrefix(err.Error(), d.Member+": ")
	l.tell(level, d.Code, d.Member, text)
}

func (l *linter) tell(level string, code fail.Code, pointer, text string) {
	for _, f := range l.found {
		if f.Pointer == pointer && f.Level == level {
			return
		}
	}
	l.found = append(l.found, Finding{level, code, pointer, text})
}

func (l *linter) warn(pointer, text string) { l.tell(Warning, fail.CodeSpec, pointer, text) }
