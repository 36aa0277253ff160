package applet

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// hostname [name]: shows or sets it.
func hostname(args []string) int {
	if len(args) > 1 {
		if err := unix.Sethostname([]byte(args[1])); err != nil {
			return fail(args, "set %s: %s", args[1], err)
		}
		return 0
	}
	fmt.Fprintln(out, unameField('n'))
	return 0
}

// uname [-asnrvmo]
func uname(args []string) int {
	f, _, err := options(args, "asnrvmo")
	if err != nil {
		return misuse(args, "%s", err)
	}
	var words []string
	for _, c := range []byte("snrvmo") {
		if f.has(c) || f.has('a') || len(f) == 0 && c == 's' {
			words = append(words, unameField(c))
		}
	}
	fmt.Fprintln(out, strings.Join(words, " "))
	return 0
}

func unameField(c byte) string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "?"
	}
	switch c {
	case 's':
		return unix.ByteSliceToString(u.Sysname[:])
	case 'n':
		return unix.ByteSliceToString(u.Nodename[:])
	case 'r':
		return unix.ByteSliceToString(u.Release[:])
	case 'v':
		return unix.ByteSliceToString(u.Version[:])
	case 'm':
		return unix.ByteSliceToString(u.Machine[:])
	}
	return "GNU/Linux"
}

// nproc prints how many processors this process may use.
func nproc(args []string) int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return fail(args, "%s", err)
	}
	fmt.Fprintln(out, set.Count())
	return 0
}

// syncAll is sync: everything, or the named files.
func syncAll(args []string) int {
	if len(args) == 1 {
		unix.Sync()
		return 0
	}
	return each(args, args[1:], func(name string) error {
		r, err := os.Open(name)
		if err != nil {
			return err
		}
		defer r.Close()
		return r.Sync()
	})
}

// free prints the memory of the machine in KiB.
func free(args []string) int {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return fail(args, "read /proc/meminfo: %s", why(err))
	}
	values := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if w := strings.Fields(line); len(w) > 1 {
			values[strings.TrimSuffix(w[0], ":")] = w[1]
		}
	}
	fmt.Fprintf(out, "%-6s %12s %12s %12s\n", "", "total", "free", "available")
	fmt.Fprintf(out, "%-6s %12s %12s %12s\n", "Mem:", values["MemTotal"], values["MemFree"], values["MemAvailable"])
	fmt.Fprintf(out, "%-6s %12s %12s\n", "Swap:", values["SwapTotal"], values["SwapFree"])
	return 0
}
