package container

import (
	"errors"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/gophertainer/gophertainer/lib/cred"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// Lacks names the members that this host cannot carry out.
func Lacks(l *specs.Linux) []*fail.Error {
	var list []*fail.Error
	_, err := class(l.IntelRdt, "")
	for _, err := range []error{cred.MountLabel(l.MountLabel), err} {
		var e *fail.Error
		if errors.As(err, &e) {
			list = append(list, e)
		}
	}
	return list
}

// lacks is the first of Lacks.
func (c *creation) lacks() error {
	for _, e := range Lacks(c.spec.Linux) {
		return e
	}
	return nil
}
