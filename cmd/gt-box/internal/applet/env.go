package applet

import (
	"fmt"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"
)

// env [-i] [-u name] [name=value…] [command…]
func env(args []string) int {
	f, rest, err := options(args, "+iu:0")
	if err != nil {
		return misuse(args, "usage: env [-i] [-u name] [name=value…] [command…]")
	}
	if len(rest) > 0 && rest[0] == "-" {
		f['i'], rest = []string{""}, rest[1:]
	}
	if f.has('i') {
		os.Clearenv()
	}
	for _, name := range f['u'] {
		if err := os.Unsetenv(name); err != nil {
			return fail(args, "%s: %s", name, why(err))
		}
	}
	for len(rest) > 0 && strings.Contains(rest[0], "=") {
		name, value, _ := strings.Cut(rest[0], "=")
		if err := os.Setenv(name, value); err != nil {
			return fail(args, "%s: %s", name, why(err))
		}
		rest = rest[1:]
	}
	if len(rest) > 0 {
		return replace(args, rest)
	}
	end := "\n"
	if f.has('0') {
		end = "\x00"
	}
	for _, e := range os.Environ() {
		fmt.Fprint(out, e, end)
	}
	return 0
}

// replace makes a command take this process's place.
func replace(args, argv []string) int {
	environ := os.Environ()
	var err error
	if _, ok := os.LookupEnv("PATH"); !ok {
		err = os.Setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
	}
	path := ""
	if err == nil {
		path, err = exec.LookPath(argv[0])
	}
	if err == nil {
		err = unix.Exec(path, argv, environ)
	}
	fail(args, "%s: %s", argv[0], execReason(err))
	return execStatus(err)
}

// printenv [name…]
func printenv(args []string) int {
	if len(args) == 1 {
		return env(args)
	}
	status := 0
	for _, name := range args[1:] {
		v, ok := os.LookupEnv(name)
		if !ok {
			status = 1
			continue
		}
		fmt.Fprintln(out, v)
	}
	return status
}
