package applet

import (
	"errors"
	"flag"
	"os"

	"github.com/u-root/u-root/pkg/core"
	utouch "github.com/u-root/u-root/pkg/core/touch"
)

// touch is u-root's. Its other applets are not fit for scripts that test a
// container: mkdir and rm answer 0 after some failures, cat hides the kernel's
// answer, mktemp takes no directory in its template, cp, mv, chmod and xargs
// lack common options, ls and find cost too much at start.
func touch(args []string) int { return uroot(utouch.New(), args) }

func uroot(c core.Command, args []string) int {
	c.SetIO(os.Stdin, os.Stdout, os.Stderr)
	err := c.Run(operands(args[1:])...)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return fail(args, "%s", err)
	}
	return 0
}

// operands hides "--" from u-root, which does not know it: what follows is
// made to look like a path.
func operands(args []string) []string {
	for i, a := range args {
		if a != "--" {
			continue
		}
		list := append([]string{}, args[:i]...)
		for _, o := range args[i+1:] {
			if len(o) > 0 && o[0] == '-' {
				o = "./" + o
			}
			list = append(list, o)
		}
		return list
	}
	return args
}
