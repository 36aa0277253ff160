package systemd

import (
	"strings"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// manager is a call of the manager.
func manager(member string, args ...Value) *call {
	return &call{path: managerPath, face: managerFace, member: member, args: args}
}

// Start makes a transient unit and waits until it is there.
func (b *Bus) Start(unit string, props []Property) error {
	aux := Value{"a(sa(sv))", []Value{}}
	return b.job("start", manager("StartTransientUnit", String(unit), String("fail"), settings(props), aux))
}

// Stop ends a unit and forgets how it ended; one that is not there is no error.
func (b *Bus) Stop(unit string) error {
	err := b.job("stop", manager("StopUnit", String(unit), String("replace")))
	if err != nil && !Refused(err, "NoSuchUnit") {
		return err
	}
	return b.Reset(unit)
}

// Reset forgets that a unit has failed; one that is not there is no error.
func (b *Bus) Reset(unit string) error {
	_, err := b.ask(manager("ResetFailedUnit", String(unit)))
	if Refused(err, "NoSuchUnit") {
		return nil
	}
	return err
}

// Set changes properties of a living unit, until it ends.
func (b *Bus) Set(unit string, props []Property) error {
	if len(props) == 0 {
		return nil
	}
	_, err := b.ask(manager("SetUnitProperties", String(unit), Bool(true), settings(props)))
	return err
}

// Group is the cgroup of the manager itself, below which its units are.
func (b *Bus) Group() (string, error) {
	m, err := b.ask(&call{
		path: managerPath, face: "org.freedesktop.DBus.Properties", member: "Get",
		args: []Value{String(managerFace), String("ControlGroup")},
	})
	if err != nil {
		return "", err
	}
	r := &reader{b: m.body}
	if sig := r.signature(); sig != "s" {
		return "", fail.New(fail.CodeInput, "the manager's ControlGroup is of type %q, need s", sig)
	}
	return r.text(), r.err()
}

// job does what makes a job and waits for its end.
func (b *Bus) job(word string, c *call) error {
	if !b.direct {
		// Or no signal is sent. Each connection may say so once.
		if _, err := b.ask(manager("Subscribe")); err != nil && !Refused(err, "AlreadySubscribed") {
			return err
		}
	}
	m, err := b.ask(c)
	if err != nil {
		return err
	}
	r := &reader{b: m.body}
	job := r.text()
	if err := r.err(); err != nil {
		return err
	}
	for b.jobs[job] == "" {
		if _, err := b.next(); err != nil {
			return err
		}
	}
	if result := b.jobs[job]; result != "done" {
		return fail.New(fail.CodeHost, "the job to %s it has the result %s, need done", word, result)
	}
	return nil
}

func settings(props []Property) Value {
	all := []Value{}
	for _, p := range props {
		all = append(all, Value{"(sv)", []Value{String(p.Name), variant(p.Value)}})
	}
	return Value{"a(sv)", all}
}

// SlicePath is the cgroup of a slice below its manager: a-b.slice lies in
// a.slice, and -.slice is the root (systemd.slice(5)).
func SlicePath(slice string) (string, error) {
	name, ok := strings.CutSuffix(slice, ".slice")
	if slice == "-.slice" {
		return "/", nil
	}
	if !ok || name == "" || strings.HasPrefix(name, "-") || strings.HasSuffix(name, "-") || strings.Contains(name, "--") || Escape(name) != name {
		return "", fail.New(fail.CodeSpec, "have slice %q, need one like user-1000.slice", slice)
	}
	path := ""
	for i := range name {
		if name[i] == '-' {
			path += "/" + name[:i] + ".slice"
		}
	}
	return path + "/" + slice, nil
}

// Escape writes what a unit's name may not have as \xNN (systemd.unit(5)).
func Escape(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(":-_.\\@", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		const hex = "0123456789abcdef"
		b.WriteString(`\x` + string(hex[c>>4]) + string(hex[c&15]))
	}
	return b.String()
}
