package container_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// changes tells whether a system call changes anything that outlives its
// process, or hands something on: the points between which a death matters.
func changes(r *unix.PtraceRegs) bool {
	switch r.Orig_rax {
	case unix.SYS_OPENAT:
		return r.Rdx&unix.O_CREAT != 0
	case unix.SYS_OPEN:
		return r.Rsi&unix.O_CREAT != 0
	case unix.SYS_CLONE:
		return r.Rdi&unix.CLONE_THREAD == 0
	case unix.SYS_WRITE, unix.SYS_PWRITE64:
		return r.Rdi > 2
	case unix.SYS_MKDIR, unix.SYS_MKDIRAT, unix.SYS_MKNOD, unix.SYS_MKNODAT, unix.SYS_RMDIR,
		unix.SYS_RENAME, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_UNLINK, unix.SYS_UNLINKAT,
		unix.SYS_CLONE3, unix.SYS_FORK, unix.SYS_VFORK, unix.SYS_SENDMSG, unix.SYS_RECVMSG,
		unix.SYS_OPEN_TREE, unix.SYS_MOUNT, unix.SYS_MOVE_MOUNT, unix.SYS_FLOCK, unix.SYS_PRLIMIT64,
		unix.SYS_MEMFD_CREATE, unix.SYS_CONNECT, unix.SYS_PIDFD_SEND_SIGNAL, unix.SYS_EXIT_GROUP:
		return true
	}
	return false
}

// nth kills gt-oci at its nth change.
func nth(n int) *tracer {
	return &tracer{at: func(_ bool, r *unix.PtraceRegs) act {
		if changes(r) {
			n--
		}
		if n == 0 {
			return kill
		}
		return pass
	}}
}

// swept runs gc and fails if anything is left, or if a second gc finds more.
func (w *world) swept(when string) {
	w.t.Helper()
	w.idle(when)
	out, err := w.call("gc")
	if err != nil || strings.Contains(out, "gt-oci:") {
		w.t.Errorf("%s: gc: %v\n%s", when, err, out)
	}
	if left := w.leftovers(); len(left) > 0 {
		w.t.Errorf("%s: left after gc:\n%s\ngc said: %s", when, strings.Join(left, "\n"), out)
		w.clean()
		os.RemoveAll(w.dir + "/state")
	}
	if out, err := w.call("gc"); err != nil || out != "" {
		w.t.Errorf("%s: second gc: %v\n%s", when, err, out)
	}
}

// idle waits until nobody has the container's lock, for gc leaves alone what
// somebody works on: what a killed gt-oci has just cloned has all its descriptors
// until it executes gt-init.
func (w *world) idle(when string) {
	w.t.Helper()
	fd, err := unix.Open(w.dir+"/state/"+w.id+"/lock", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err == unix.ENOENT {
		return
	}
	if err != nil {
		w.t.Fatal(err)
	}
	defer unix.Close(fd)
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if err = unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err == nil {
			return
		}
		if err != unix.EWOULDBLOCK || time.Now().After(end) {
			w.t.Errorf("%s: the lock is held still: %v", when, err)
			return
		}
	}
}

// TestKilledCreate kills gt-oci at each change that create makes. Until
// state.json is in its place gc leaves nothing; from then on the container is
// there and whole.
func TestKilledCreate(t *testing.T) {
	w := newWorld(t)
	whole := 0
	for n := 1; ; n++ {
		ws, said := nth(n).run(t, w.args("create", "--stdio=null", "--bundle", w.bundle, w.id))
		when := "create, change " + itoa(n)
		if _, err := os.Stat(w.dir + "/state/" + w.id + "/state.json"); err == nil {
			whole++
			w.deleted(when)
		}
		w.swept(when)
		if ws.Exited() {
			if ws.ExitStatus() != 0 || n < 20 {
				t.Errorf("%s: status %d: %s", when, ws.ExitStatus(), said)
			}
			t.Logf("%d points, the container is whole after %d of them", n-1, whole)
			return
		}
	}
}

// derived fails if the container is not said to be running while its program is.
func (w *world) derived(when string) {
	w.t.Helper()
	var st struct{ Pid int }
	raw, err := os.ReadFile(w.dir + "/state/" + w.id + "/state.json")
	if err == nil {
		err = json.Unmarshal(raw, &st)
	}
	comm, cerr := os.ReadFile("/proc/" + itoa(st.Pid) + "/comm")
	if err != nil || cerr != nil {
		w.t.Fatal(when, err, cerr)
	}
	want := `"status": "running"`
	if string(comm) != "sleep\n" {
		want = `"status": "` // it is on its way
	}
	if out, err := w.call("state", w.id); err != nil || !strings.Contains(out, want) {
		w.t.Errorf("%s: %s executes, have %s, need %s, %v", when, comm, out, want, err)
	}
}

// TestKilledLater kills the verbs that come after create at each of their
// changes: the container is not lost, and deleting it leaves nothing.
func TestKilledLater(t *testing.T) {
	w := newWorld(t)
	for _, verb := range [][]string{
		{"start", w.id},
		{"delete", "--force", w.id},
		{"run", "--detach", "--stdio=null", "--bundle", w.bundle, w.id},
	} {
		for n := 1; ; n++ {
			if verb[0] != "run" {
				if out, err := w.call("create", "--stdio=null", "--bundle", w.bundle, w.id); err != nil {
					t.Fatal(err, out)
				}
			}
			ws, said := nth(n).run(t, w.args(verb[0], verb[1:]...))
			when := verb[0] + ", change " + itoa(n)
			if verb[0] == "start" {
				w.derived(when)
			}
			if out, err := w.call("delete", "--force", w.id); err != nil || out != "" {
				t.Errorf("%s: delete: %v\n%s", when, err, out)
			}
			w.swept(when)
			if ws.Exited() {
				if ws.ExitStatus() != 0 {
					t.Errorf("%s: status %d: %s", when, ws.ExitStatus(), said)
				}
				t.Logf("%s: %d points", verb[0], n-1)
				break
			}
		}
	}
}
