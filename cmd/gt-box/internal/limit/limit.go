// Package limit undoes what package os does to RLIMIT_NOFILE: it raises the
// soft limit to the hard one before main starts, and a program that shows or
// inherits limits would show the wrong ones.
//
// It imports only syscall, and its import path sorts before "os", so the
// language's initialisation order (by import path among the packages that are
// ready) runs it first.
package limit

import "syscall"

var nofile, known = read()

func read() (syscall.Rlimit, bool) {
	var l syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l)
	return l, err == nil
}

// Restore puts the limit of open files back to what the caller of this process
// set. An error leaves the raised limit, as any other Go program has.
func Restore() error {
	if !known {
		return nil
	}
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &nofile)
}
