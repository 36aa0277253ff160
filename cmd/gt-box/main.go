// Gt-box is the program inside the root filesystem called tiny: one static
// binary that is every command there, as its name or its first argument says.
//
// # Synopsis
//
//	gt-box APPLET [ARG…]
//	gt-box install DIR
//	gt-box list
//	gt-box --version
//	APPLET [ARG…]              through a link called APPLET
//
// # Description
//
// An applet does what scripts commonly ask of the command of that name; an
// option it does not know is refused. `sh` is a POSIX shell whose subshells are
// processes. `caps`, `fds` and `probe` show what a process may do and has open.
//
// `install` writes the tiny root filesystem into a new or empty directory. As
// another user than root everything there belongs to that user. `list` prints
// the names of the applets, one a line.
//
// # Examples
//
//	gt-box install /srv/tiny
//	chroot /srv/tiny sh -c 'id; ls -l /bin'
//
// # Exit status
//
// That of the applet. 0 done, 1 failed or refused, 2 wrong usage, 127 no such
// applet.
package main

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/gophertainer/gophertainer/cmd/gt-box/internal/applet"
	"github.com/gophertainer/gophertainer/cmd/gt-box/internal/limit"
	"github.com/gophertainer/gophertainer/cmd/gt-box/internal/shell"
	"github.com/gophertainer/gophertainer/cmd/gt-box/internal/tiny"
)

var version = "dev" // set by the linker

func main() {
	limit.Restore()
	shell.GuardInit()
	os.Exit(run(os.Args))
}

// run chooses the applet by the name we were called by, else by the first
// argument.
func run(args []string) int {
	if len(args) == 0 {
		return usage("need a name")
	}
	name := path.Base(strings.TrimPrefix(args[0], "-"))
	if status, ok := call(name, args); ok {
		return status
	}
	if len(args) < 2 {
		return usage("need an applet")
	}
	switch verb := args[1]; verb {
	case "--version":
		return say("gt-box version " + version + "\n")
	case "--help", "-h", "help":
		return say(help)
	case "list":
		return say(strings.Join(names(), "\n") + "\n")
	case "install":
		return install(args[2:])
	default:
		if status, ok := call(verb, args[1:]); ok {
			return status
		}
		fmt.Fprintf(os.Stderr, "gt-box: %q: no such applet\n", verb)
		return 127
	}
}

const help = `usage: gt-box APPLET [ARG…]   run an applet
       gt-box install DIR     write the tiny root filesystem into DIR
       gt-box list            print the names of the applets
       gt-box --version
`

func say(text string) int {
	if _, err := os.Stdout.WriteString(text); err != nil {
		fmt.Fprintln(os.Stderr, "gt-box:", err)
		return 1
	}
	return 0
}

func usage(problem string) int {
	fmt.Fprintf(os.Stderr, "gt-box: %s\n%s", problem, help)
	return 2
}

func call(name string, args []string) (status int, ok bool) {
	if name == "sh" {
		return shell.Main(args, shell.Applets{Has: has, Pure: applet.Pure}), true
	}
	f := applet.Find(name)
	if f == nil {
		return 0, false
	}
	return applet.Run(f, append([]string{name}, args[1:]...)), true
}

func has(name string) bool { return name == "sh" || applet.Find(name) != nil }

func names() []string {
	list := append(applet.Names(), "sh")
	slices.Sort(list)
	return list
}

func install(args []string) int {
	if len(args) != 1 {
		return usage("install needs one directory")
	}
	self, err := os.Open("/proc/self/exe")
	if err == nil {
		defer self.Close()
		err = tiny.Install(args[0], tiny.Plan{Program: self, Applets: names()})
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "gt-box: install %s: %s\n", args[0], err)
		return 1
	}
	return 0
}
