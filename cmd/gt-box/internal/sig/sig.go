// Package sig knows the names of signals and the arguments of kill, for the
// shell's builtin and for the applet.
package sig

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Number is the signal that TERM, SIGTERM or 15 means; 0 if none.
func Number(word string) syscall.Signal {
	if n, err := strconv.Atoi(word); err == nil {
		if n < 0 || n > 64 {
			return 0
		}
		return syscall.Signal(n)
	}
	return unix.SignalNum("SIG" + strings.TrimPrefix(strings.ToUpper(word), "SIG"))
}

// Name is the short name, TERM; a number if the signal has none.
func Name(s syscall.Signal) string {
	if name := unix.SignalName(s); name != "" {
		return strings.TrimPrefix(name, "SIG")
	}
	return strconv.Itoa(int(s))
}

// List is what kill -l prints.
func List() string {
	var b strings.Builder
	for n := syscall.Signal(1); n < 32; n++ {
		fmt.Fprintf(&b, "%2d) %s\n", int(n), Name(n))
	}
	return b.String()
}

// Args reads the arguments of kill: [-s NAME | -NAME | -N] pid… No pids and no
// error means -l.
func Args(args []string) (syscall.Signal, []int, error) {
	s := syscall.SIGTERM
	if len(args) > 0 && args[0] == "-l" {
		return 0, nil, nil
	}
	if len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		word := args[0][1:]
		args = args[1:]
		if (word == "s" || word == "n") && len(args) > 0 {
			word, args = args[0], args[1:]
		}
		if word != "-" {
			if s = Number(word); s == 0 && word != "0" {
				return 0, nil, fmt.Errorf("%s: no such signal", word)
			}
		}
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return 0, nil, errors.New("need a pid")
	}
	pids := []int{}
	for _, a := range args {
		pid, err := strconv.Atoi(a)
		if err != nil {
			return 0, nil, fmt.Errorf("%s: need a pid", a)
		}
		pids = append(pids, pid)
	}
	return s, pids, nil
}
