package applet

import (
	"errors"
	"flag"
	"os"

	"github.com/u-root/u-root/pkg/core"
	ubase64 "github.com/u-root/u-root/pkg/core/base64"
	umktemp "github.com/u-root/u-root/pkg/core/mktemp"
	utouch "github.com/u-root/u-root/pkg/core/touch"
)

// The applets of u-root that do what scripts expect of them. Of the others,
// mkdir and rm answer 0 after some failures, cat hides the kernel's answer, cp,
// mv, chmod and xargs lack options that scripts use, ls and find cost too much
// at start.

func base64(args []string) int { return uroot(ubase64.New(), args) }

func mktemp(args []string) int { return uroot(umktemp.New(), args) }

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
