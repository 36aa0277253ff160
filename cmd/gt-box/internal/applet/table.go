// Package applet holds the commands of gt-box, one file each. An applet prints
// to Out, which Run flushes: output that cannot be written makes the command
// fail.
package applet

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// A Func is an applet: args[0] is its name, the result its exit status.
type Func func(args []string) int

type entry struct {
	name string
	run  Func
}

// table is sorted by name.
var table = [...]entry{
	{"[", test},
	{"basename", basename},
	{"caps", caps},
	{"cat", cat},
	{"chmod", chmod},
	{"chown", chown},
	{"cp", cp},
	{"cut", cut},
	{"date", date},
	{"dd", dd},
	{"df", df},
	{"dirname", dirname},
	{"echo", echo},
	{"env", env},
	{"false", failure},
	{"fds", fds},
	{"find", find},
	{"free", free},
	{"grep", grep},
	{"head", head},
	{"hostname", hostname},
	{"id", id},
	{"ip", ip},
	{"kill", kill},
	{"ln", ln},
	{"ls", ls},
	{"mkdir", mkdir},
	{"mkfifo", mkfifo},
	{"mknod", mknod},
	{"mktemp", mktemp},
	{"mount", mount},
	{"mv", mv},
	{"nproc", nproc},
	{"printenv", printenv},
	{"printf", printf},
	{"probe", probe},
	{"ps", ps},
	{"pwd", pwd},
	{"readlink", readlink},
	{"rm", rm},
	{"rmdir", rmdir},
	{"seq", seq},
	{"sleep", sleep},
	{"sort", sorted},
	{"stat", stat},
	{"stty", stty},
	{"sync", syncAll},
	{"tail", tail},
	{"tee", tee},
	{"test", test},
	{"touch", touch},
	{"tr", tr},
	{"true", success},
	{"tty", tty},
	{"umount", umount},
	{"uname", uname},
	{"uniq", uniq},
	{"wc", wc},
	{"which", which},
	{"whoami", whoami},
	{"xargs", xargs},
	{"yes", yes},
}

// Names lists the applets in order.
func Names() []string {
	names := make([]string, len(table))
	for i, e := range table {
		names[i] = e.name
	}
	return names
}

// Find returns the applet of a name, nil if there is none.
func Find(name string) Func {
	for i := range table {
		if table[i].name == name {
			return table[i].run
		}
	}
	return nil
}

// out is where applets print.
var out *bufio.Writer

// Run runs an applet and flushes what it printed.
func Run(f Func, args []string) int {
	out = bufio.NewWriterSize(os.Stdout, 8192)
	status := f(args)
	if err := out.Flush(); err != nil && status == 0 {
		return fail(args, "write: %s", why(err))
	}
	return status
}

// fail says what went wrong and is the status 1.
func fail(args []string, format string, v ...any) int {
	fmt.Fprintf(os.Stderr, args[0]+": "+format+"\n", v...)
	return 1
}

// misuse is fail for a command line that cannot be understood.
func misuse(args []string, format string, v ...any) int {
	fail(args, format, v...)
	return 2
}

// why is an error without the path that the sentence already names.
func why(err error) error {
	var p *fs.PathError
	var l *os.LinkError
	var s *os.SyscallError
	switch {
	case errors.As(err, &p):
		return p.Err
	case errors.As(err, &l):
		return l.Err
	case errors.As(err, &s):
		return s.Err
	}
	return err
}

func success([]string) int { return 0 }

func failure([]string) int { return 1 }

// each runs do for every operand; one failure makes the status 1.
func each(args, operands []string, do func(string) error) int {
	status := 0
	for _, o := range operands {
		if err := do(o); err != nil {
			status = fail(args, "%s: %s", o, why(err))
		}
	}
	return status
}

// errno is the kernel's answer in err, 0 if there is none.
func errno(err error) syscall.Errno {
	var e syscall.Errno
	errors.As(err, &e)
	return e
}
