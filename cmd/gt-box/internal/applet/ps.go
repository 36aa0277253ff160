package applet

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// ps lists every process that /proc shows. The options of other ps are
// accepted where they ask for just that.
func ps(args []string) int {
	for _, a := range args[1:] {
		if strings.Trim(a, "-aefxuAwlo") != "" {
			return misuse(args, "%s: need no options", a)
		}
	}
	list, err := os.ReadDir("/proc")
	if err != nil {
		return fail(args, "read /proc: %s", why(err))
	}
	var pids []int
	for _, e := range list {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	fmt.Fprintf(out, "%5s %5s %-8s %s %s\n", "PID", "PPID", "USER", "S", "COMMAND")
	for _, pid := range pids {
		psLine(pid)
	}
	return 0
}

// psLine prints a process, unless it is gone by now.
func psLine(pid int) {
	dir := "/proc/" + strconv.Itoa(pid)
	data, err := os.ReadFile(dir + "/status")
	if err != nil {
		return
	}
	values := map[string]string{}
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		values[key] = strings.TrimSpace(value)
	}
	command := "[" + values["Name"] + "]"
	if cmdline, err := os.ReadFile(dir + "/cmdline"); err == nil && len(cmdline) > 0 {
		command = strings.TrimRight(strings.ReplaceAll(string(cmdline), "\x00", " "), " ")
	}
	user := "?"
	if ids := strings.Fields(values["Uid"]); len(ids) > 1 {
		user = ids[1]
		if uid, err := strconv.Atoi(user); err == nil {
			user = orNumber("/etc/passwd", uid)
		}
	}
	state := values["State"]
	if len(state) > 1 {
		state = state[:1]
	}
	fmt.Fprintf(out, "%5d %5s %-8s %s %s\n", pid, values["PPid"], user, state, command)
}
