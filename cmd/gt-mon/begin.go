package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/cmd/gt-mon/internal/watch"
	"github.com/gophertainer/gophertainer/lib/fail"
	"github.com/gophertainer/gophertainer/lib/sys"
	"github.com/gophertainer/gophertainer/lib/tool"
)

// begin writes the settings and becomes, or starts, the monitor.
func (r *runOptions) begin(c *tool.Call) error {
	if err := os.MkdirAll(r.Data, 0o700); err != nil {
		return err
	}
	if err := r.Settings.Write(); err != nil {
		return err
	}
	return launch(c, &birth{data: r.Data, preserve: r.Preserve, foreground: r.foreground})
}

// small keeps a monitor small: one processor, and no collection of garbage, which
// needs memory of its own (0.8 MB), until there is some.
func small(env []string) []string {
	return append(env, "GOMAXPROCS=1", "GOGC=off", "GOMEMLIMIT=8MiB")
}

// A birth is what it takes to start a monitor.
type birth struct {
	data       string
	preserve   int    // descriptors after 2 for the container
	foreground bool   // this process becomes it
	how        string // option of watch: --adopt or --again
	attached   int    // connection that the monitor gets, of who is attached from the beginning; 0: none
}

// launch starts the monitor of a data directory. In the foreground this process
// becomes it; else it is a new session that outlives us, and we wait until the
// container runs.
func launch(c *tool.Call, b *birth) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	argv := []string{"gt-mon", "watch"}
	if b.how != "" {
		argv = append(argv, b.how)
	}
	if b.foreground {
		env := small(watch.Environ())
		if socket := os.Getenv("NOTIFY_SOCKET"); socket != "" {
			env = append(env, "NOTIFY_SOCKET="+socket)
		}
		argv = append(argv, "--inherited", "3", b.data)
		return unix.Exec(self, argv, env)
	}
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return err
	}
	defer unix.Close(p[0])
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	talk, err := os.OpenFile(b.data+"/monitor.log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer talk.Close()
	files := []uintptr{null.Fd(), talk.Fd(), talk.Fd(), uintptr(p[1])}
	for i := range b.preserve {
		files = append(files, uintptr(3+i))
	}
	if b.attached != 0 {
		argv = append(argv, "--attached", strconv.Itoa(len(files)))
		files = append(files, uintptr(b.attached))
	}
	argv = append(argv, "--ready", "3", "--inherited", "4", b.data)
	pid, err := syscall.ForkExec(self, argv, &syscall.ProcAttr{
		Env: small(watch.Environ()), Files: files, Sys: &syscall.SysProcAttr{Setsid: true},
	})
	_ = unix.Close(p[1])
	if err != nil {
		return &fail.Error{Op: "start " + self, Cause: err}
	}
	c.Debugf("monitor has PID %d", pid)
	if err = answer(p[0], b.data); err != nil {
		_ = sys.Gone(pid) // it ends with that word, and is not to be left behind
	}
	return err
}

// answer waits for the monitor's first word: "ok PID", or a code and a sentence.
func answer(fd int, data string) error {
	f := os.NewFile(uintptr(fd), "monitor")
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		text, _ := os.ReadFile(data + "/monitor.log")
		return fail.New(fail.CodeSystem, "the monitor died: %s", strings.TrimSpace(string(text)))
	}
	word, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	if word == "ok" {
		return nil
	}
	text, err := strconv.Unquote(rest)
	if err != nil {
		text = rest
	}
	return fail.New(fail.Code(word), "%s", text)
}

// sibling is a tool beside this one.
func sibling(name string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(self), name)
	if err := unix.Access(path, unix.X_OK); err != nil {
		return "", fail.New(fail.CodeHost, "%s is not installed beside %s", name, self)
	}
	return path, nil
}
