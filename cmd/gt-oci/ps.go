package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/json"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// ps lists the processes of a container: their numbers and commands, or with
// options of ps(1) what that prints of them.
func ps(o *tool.Options) func(*tool.Call) error {
	o.Format("table", "json")
	return func(c *tool.Call) error {
		rt, err := runtime(c)
		if err != nil {
			return err
		}
		ct, err := rt.Open(c.Args[0])
		if err != nil {
			return err
		}
		pids, err := ct.Group.Pids()
		if err != nil {
			return err
		}
		options := c.Args[1:]
		switch {
		case c.Format == "json" && len(options) > 0:
			return fail.Usage("have --format json and options of ps(1), need one of them")
		case c.Format == "json":
			if pids == nil {
				pids = []int{}
			}
			var w json.Writer
			w.Value(pids)
			w.Line()
			return c.Print(w.Bytes())
		case len(options) > 0:
			return foreignTable(c, options, pids)
		}
		return c.Print(ownTable(pids))
	}
}

func ownTable(pids []int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%8s %s\n", "PID", "COMMAND")
	for _, pid := range pids {
		raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
		if err != nil {
			continue // ended meanwhile
		}
		fmt.Fprintf(&b, "%8d %s\n", pid, strings.TrimSpace(strings.ReplaceAll(string(raw), "\x00", " ")))
	}
	return b.Bytes()
}

// foreignTable has ps(1) print what its options say, and leaves of that the
// lines of the container's processes.
func foreignTable(c *tool.Call, options []string, pids []int) error {
	text, err := runPs(options)
	if err != nil {
		return err
	}
	head, rest, _ := strings.Cut(string(text), "\n")
	column := slices.Index(strings.Fields(head), "PID")
	if column < 0 {
		return fail.Usage("ps %s prints no column PID, need one", strings.Join(options, " "))
	}
	out := head + "\n"
	for line := range strings.Lines(rest) {
		fields := strings.Fields(line)
		if column >= len(fields) {
			continue
		}
		if pid, err := strconv.Atoi(fields[column]); err == nil && slices.Contains(pids, pid) {
			out += line
		}
	}
	return c.Print([]byte(out))
}

// runPs writes into a file in memory, so that nobody waits for a full pipe.
func runPs(options []string) ([]byte, error) {
	path, err := inPath("ps")
	if err != nil {
		return nil, err
	}
	null, err := os.Open("/dev/null")
	if err != nil {
		return nil, err
	}
	defer null.Close()
	fd, err := unix.MemfdCreate("ps", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	out := os.NewFile(uintptr(fd), "ps")
	defer out.Close()
	defer sys.PlainSlack()()
	pid, err := syscall.ForkExec(path, append([]string{"ps"}, options...), &syscall.ProcAttr{
		Env: os.Environ(), Files: []uintptr{null.Fd(), out.Fd(), 2},
	})
	if err != nil {
		return nil, &fail.Error{Op: "execute " + path, Cause: err}
	}
	var ws unix.WaitStatus
	for {
		if _, err = unix.Wait4(pid, &ws, 0, nil); err != unix.EINTR {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	if ws != 0 {
		return nil, fail.New(fail.CodeHost, "ps %s: exit code %d", strings.Join(options, " "), ws.ExitStatus())
	}
	return os.ReadFile("/proc/self/fd/" + strconv.Itoa(fd))
}

// inPath finds a program of the host in $PATH.
func inPath(name string) (string, error) {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if path := filepath.Join(dir, name); filepath.IsAbs(path) && unix.Access(path, unix.X_OK) == nil {
			return path, nil
		}
	}
	return "", fail.New(fail.CodeHost, "have no %s in $PATH, need it for its options", name)
}
