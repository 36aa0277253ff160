package attach

import (
	"github.com/gophertainer/gophertainer/cmd/gt-net/internal/link"
	"github.com/gophertainer/gophertainer/lib/fail"
)

// None makes sure that the container has a network namespace of its own, and
// its loopback up.
func None(q *Request) error {
	ns, err := link.OpenNamespace(q.NetNS)
	if err != nil {
		return err
	}
	defer ns.Close()
	if err := q.usable(ns); err != nil {
		return err
	}
	return ns.Loopback()
}

// Same makes sure that the container has the namespace at path. It cannot be
// given another one any more.
func Same(q *Request, path string) error {
	its, err := link.OpenNamespace(q.NetNS)
	if err != nil {
		return err
	}
	defer its.Close()
	want, err := link.OpenNamespace(path)
	if err != nil {
		return err
	}
	defer want.Close()
	if its.Inode != want.Inode {
		return fail.New(fail.CodeStatus, "container has another network namespace than mode %s means, need gt-net up before create", q.Mode)
	}
	return nil
}

// IsNamespace refuses a path that is no network namespace.
func IsNamespace(path string) error {
	ns, err := link.OpenNamespace(path)
	if err == nil {
		ns.Close()
	}
	return err
}
