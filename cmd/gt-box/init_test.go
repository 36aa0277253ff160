package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// asInit starts a script as PID 1 of a pid namespace with its own /proc.
func asInit(t *testing.T, script string) *exec.Cmd {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root for a pid namespace")
	}
	c := exec.Command(filepath.Join(box, "sh"), "-c", script)
	c.Env = []string{"PATH=" + box}
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}
	return c
}

// TestInitReaps: orphans of PID 1 do not stay as zombies.
func TestInitReaps(t *testing.T) {
	c := asInit(t, `mount --make-rprivate none /; mount -t proc proc /proc
		sh -c 'sleep 0.05 & exit'; sh -c 'sleep 0.05 & exit'; sleep 0.3; sleep 0.01
		ps | grep -v '[p]s' | grep -c ' Z '; echo $$`)
	out, err := c.CombinedOutput()
	if string(out) != "0\n1\n" || err != nil {
		t.Errorf("%q %v", out, err)
	}
}

// TestInitSignals: the kernel protects PID 1 from signals it has no handler
// for; the Go runtime's handlers must not undo that. A trap works.
func TestInitSignals(t *testing.T) {
	for _, c := range []struct {
		script string
		ends   bool
	}{
		{`echo up; sleep 1; echo lived`, false},
		{`exec sh -c 'echo up; exec sleep 1'`, false},
		{`trap 'exit 5' TERM; echo up; while :; do sleep 0.05; done`, true},
	} {
		cmd := asInit(t, c.script)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Skipf("needs a pid namespace: %s", err)
		}
		var b [3]byte
		if _, err := out.Read(b[:]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		state, err := cmd.Process.Wait()
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		if c.ends {
			want = 5
		}
		if state.ExitCode() != want {
			t.Errorf("%s: %s, want %d", c.script, state, want)
		}
	}
}
