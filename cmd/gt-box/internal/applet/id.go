package applet

import (
	"fmt"
	"os"
	"strconv"
)

// id [-u|-g|-G] [-n]
func id(args []string) int {
	f, rest, err := options(args, "ugGnr")
	if err != nil || len(rest) > 0 {
		return misuse(args, "usage: id [-u|-g|-G] [-n]")
	}
	groups, err := os.Getgroups()
	if err != nil {
		return fail(args, "%s", why(err))
	}
	uid, gid := os.Geteuid(), os.Getegid()
	if f.has('r') {
		uid, gid = os.Getuid(), os.Getgid()
	}
	show := func(file string, n int) string {
		if name := accountName(file, n); f.has('n') && name != "" {
			return name
		}
		return strconv.Itoa(n)
	}
	switch {
	case f.has('u'):
		fmt.Fprintln(out, show("/etc/passwd", uid))
	case f.has('g'):
		fmt.Fprintln(out, show("/etc/group", gid))
	case f.has('G'):
		fmt.Fprint(out, show("/etc/group", gid))
		for _, g := range groups {
			if g != gid {
				fmt.Fprint(out, " ", show("/etc/group", g))
			}
		}
		fmt.Fprintln(out)
	default:
		fmt.Fprintf(out, "uid=%s gid=%s", named("/etc/passwd", uid), named("/etc/group", gid))
		for i, g := range groups {
			fmt.Fprint(out, [...]string{" groups=", ","}[min(i, 1)], named("/etc/group", g))
		}
		fmt.Fprintln(out)
	}
	return 0
}

func named(file string, n int) string {
	if name := accountName(file, n); name != "" {
		return fmt.Sprintf("%d(%s)", n, name)
	}
	return strconv.Itoa(n)
}

// whoami prints the name of the effective user.
func whoami(args []string) int {
	name := accountName("/etc/passwd", os.Geteuid())
	if name == "" {
		return fail(args, "no name for uid %d", os.Geteuid())
	}
	fmt.Fprintln(out, name)
	return 0
}
