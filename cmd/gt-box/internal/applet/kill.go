package applet

import (
	"fmt"
	"syscall"

	"github.com/gophertainer/gophertainer/cmd/gt-box/internal/sig"
)

// kill [-s NAME | -NAME | -N] pid…, kill -l
func kill(args []string) int {
	n, pids, err := sig.Args(args[1:])
	if err != nil {
		return misuse(args, "%s", err)
	}
	if pids == nil {
		fmt.Fprint(out, sig.List())
	}
	status := 0
	for _, pid := range pids {
		if err := syscall.Kill(pid, n); err != nil {
			status = fail(args, "%d: %s", pid, err)
		}
	}
	return status
}
