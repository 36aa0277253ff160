package cgroup

import (
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/fail"
)

// devicesV1 writes what the rules come to. The controller has one answer for
// all devices and a list of exceptions: to a rule for all it gives no heed to
// numbers and access, and one that takes back a part of an exception it ignores
// (admin-guide/cgroup-v1/devices.rst).
func devicesV1(dir string, rules []specs.LinuxDeviceCgroup) error {
	e, err := exceptionsOf(rules)
	if err != nil {
		return err
	}
	if err := write(dir, v1File(e.allow), "a *:* rwm"); err != nil {
		return &fail.Error{Member: "/linux/resources/devices", Cause: err}
	}
	for _, x := range e.list {
		if x.bits == 0 {
			continue
		}
		if err := write(dir, v1File(!e.allow), x.String()); err != nil {
			return &fail.Error{Member: member(x.rule), Cause: err}
		}
	}
	return nil
}

func v1File(allow bool) string {
	if allow {
		return "devices.allow"
	}
	return "devices.deny"
}

func member(rule int) string { return "/linux/resources/devices/" + strconv.Itoa(rule) }

// exceptions are those from the answer for all other devices, in order.
type exceptions struct {
	allow bool
	list  []exception
	at    map[device1]int // where in the list
}

// device1 is a device of the v1 controller, or those of which a number is *.
type device1 struct{ kind, major, minor string }

type exception struct {
	device1
	bits int32 // of access; 0 when it was taken back
	rule int   // that made it
}

// String is the line to write.
func (x *exception) String() string {
	text := x.kind + " " + x.major + ":" + x.minor + " "
	for i, c := range accesses {
		if x.bits&(1<<i) != 0 {
			text += string(c)
		}
	}
	return text
}

func exceptionsOf(rules []specs.LinuxDeviceCgroup) (*exceptions, error) {
	e := &exceptions{at: map[device1]int{}}
	for i, r := range rules {
		if err := e.add(i, r); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (e *exceptions) add(rule int, r specs.LinuxDeviceCgroup) error {
	d, bits := device1{kind(r.Type), star(r.Major), star(r.Minor)}, access(r.Access)
	kinds := []string{d.kind}
	switch {
	case d == device1{"a", "*", "*"} && bits == 7:
		e.allow, e.list = r.Allow, nil
		clear(e.at)
		return nil
	case d.kind == fifo:
		return nil
	case d.kind == "a":
		kinds = []string{"b", "c"}
	}
	for _, d.kind = range kinds {
		if r.Allow != e.allow {
			e.put(exception{d, bits, rule})
		} else if err := e.take(d, bits); err != nil {
			return err
		}
	}
	return nil
}

func (e *exceptions) put(x exception) {
	if i, ok := e.at[x.device1]; ok {
		e.list[i].bits |= x.bits
		return
	}
	e.at[x.device1] = len(e.list)
	e.list = append(e.list, x)
}

// take lets devices be as all others again.
func (e *exceptions) take(d device1, bits int32) error {
	for i := range e.list {
		x := &e.list[i]
		if x.kind != d.kind || x.bits&bits == 0 || !meet(x.major, d.major) || !meet(x.minor, d.minor) {
			continue
		}
		if !covers(d.major, x.major) || !covers(d.minor, x.minor) {
			return fail.Spec(member(x.rule), "have a rule that a later one undoes in part, need cgroup v2 for that")
		}
		x.bits &^= bits
	}
	return nil
}

func meet(a, b string) bool { return covers(a, b) || covers(b, a) }

// covers tells whether the first number, or *, is the second one too.
func covers(a, b string) bool { return a == "*" || a == b }
