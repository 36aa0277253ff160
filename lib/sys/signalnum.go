package sys

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// SignalNum reads TERM, SIGTERM, sigterm or 15; 0 is none.
func SignalNum(word string) unix.Signal {
	if n, err := strconv.Atoi(word); err == nil {
		if n < 1 || n > 64 {
			return 0
		}
		return unix.Signal(n)
	}
	name := strings.ToUpper(word)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	return unix.SignalNum(name)
}
