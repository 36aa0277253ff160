package container_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/sys"
)

// An agent takes seccomp listeners, one connection each.
type agent struct {
	t    *testing.T
	sock int
}

// newAgent has the world's container notify of uname(2) and listens for it.
func newAgent(w *world) *agent {
	w.t.Helper()
	if _, err := os.Stat(filepath.Join(w.bin, "gt-seccomp")); err != nil {
		w.t.Skip("need gt-seccomp")
	}
	path := w.dir + "/" + strings.Repeat("d", 100) + "/agent" // longer than an address
	err := os.Mkdir(filepath.Dir(path), 0o700)
	sock := -1
	if err == nil {
		sock, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	}
	if err == nil {
		err = sys.Reach(path, func(sa *unix.SockaddrUnix) error { return unix.Bind(sock, sa) })
	}
	if err == nil {
		err = unix.Listen(sock, 8)
	}
	if err == nil { // nobody comes: accept ends then
		err = unix.SetsockoptTimeval(sock, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 60})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = unix.Close(sock) })
	w.edit(func(s map[string]any) {
		s["linux"].(map[string]any)["seccomp"] = map[string]any{
			"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": path, "listenerMetadata": `a "b"`,
			"syscalls": []any{map[string]any{"names": []string{"uname"}, "action": "SCMP_ACT_NOTIFY"}},
		}
	})
	return &agent{w.t, sock}
}

// take reads one connection to its end: the container process state and what
// its descriptor is. Who lets go of a listener has its calls answered ENOSYS.
func (a *agent) take() (state map[string]any, is string) {
	a.t.Helper()
	conn, _, err := unix.Accept4(a.sock, unix.SOCK_CLOEXEC)
	for err == unix.EINTR { // with a time limit it is not started again (signal(7))
		conn, _, err = unix.Accept4(a.sock, unix.SOCK_CLOEXEC)
	}
	if err != nil {
		a.t.Fatal(err)
	}
	defer unix.Close(conn)
	var text []byte
	for {
		buf, oob := make([]byte, 4096), make([]byte, 256)
		n, on, _, _, err := unix.Recvmsg(conn, buf, oob, unix.MSG_CMSG_CLOEXEC)
		if err != nil {
			a.t.Fatal(err)
		}
		if messages, err := unix.ParseSocketControlMessage(oob[:on]); err == nil && len(messages) > 0 {
			fds, err := unix.ParseUnixRights(&messages[0])
			if err != nil || len(fds) != 1 {
				a.t.Fatalf("have descriptors %v, %v, need one", fds, err)
			}
			is, _ = os.Readlink("/proc/self/fd/" + strconv.Itoa(fds[0]))
			_ = unix.Close(fds[0])
		}
		if n == 0 {
			break
		}
		text = append(text, buf[:n]...)
	}
	if err := json.Unmarshal(text, &state); err != nil {
		a.t.Fatalf("%q: %v", text, err)
	}
	return state, is
}

func (a *agent) check(state map[string]any, is, id, status string) {
	a.t.Helper()
	own, _ := state["state"].(map[string]any)
	fds, _ := json.Marshal(state["fds"])
	if is != "anon_inode:seccomp notify" || string(fds) != `["seccompFd"]` || state["metadata"] != `a "b"` ||
		state["ociVersion"] == "" || own["id"] != id || own["status"] != status {
		a.t.Errorf("have %v with %s", state, is)
	}
}

// TestAgent: the listener of the first process and of a later one goes to the
// agent with the container process state (config-linux.md).
func TestAgent(t *testing.T) {
	w := newWorld(t)
	a := newAgent(w)
	done := make(chan string, 1)
	go func() {
		out, err := w.call("run", "--detach", "--stdio=null", "--bundle", w.bundle, "--pid-file", w.dir+"/pid", w.id)
		if err != nil {
			out += err.Error()
		}
		done <- out
	}()
	state, is := a.take()
	if out := <-done; out != "" {
		t.Fatal(out)
	}
	a.check(state, is, w.id, "creating")
	pid, err := os.ReadFile(w.dir + "/pid")
	if have, _ := state["pid"].(float64); err != nil || strconv.Itoa(int(have)) != string(pid) {
		t.Errorf("pid: have %v, need %s, %v", state["pid"], pid, err)
	}
	go func() {
		out, err := w.call("exec", w.id, "uname", "-m")
		if err != nil {
			out += err.Error()
		}
		done <- out
	}()
	later, is := a.take()
	a.check(later, is, w.id, "running")
	if out := <-done; strings.TrimSpace(out) != "?" {
		t.Errorf("exec: have %s, need uname without an answer", out)
	}
	if later["pid"] == state["pid"] {
		t.Errorf("exec: have the PID %v of the first process", later["pid"])
	}
	if out, err := w.call("delete", "--force", w.id); err != nil {
		t.Error(out)
	}
}
