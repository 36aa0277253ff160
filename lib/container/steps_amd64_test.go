package container_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A line is what gt-oci plan prints of a step.
type line struct{ Op, Member, Path string }

func (w *world) plan() []line {
	w.t.Helper()
	out, err := w.call("plan", "--bundle", w.bundle, w.id)
	if err != nil {
		w.t.Fatal(err, out)
	}
	var lines []line
	for text := range strings.Lines(out) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			w.t.Fatal(err, text)
		}
		lines = append(lines, l)
	}
	return lines
}

// inStep fires at the first system call that gt-init makes in step n. It notes
// the step in a page that gt-oci has open.
func inStep(n int, then act) *tracer {
	tr := &tracer{follow: true}
	var page *os.File
	tr.at = func(child bool, r *unix.PtraceRegs) act {
		if !child || then == refuse && own(r) {
			return pass
		}
		if page == nil {
			page = openPage(tr.main)
		}
		step := []byte{0xff, 0xff}
		_, _ = page.ReadAt(step, 0) // a nil file has nothing in it
		if int(step[0])|int(step[1])<<8 == n {
			return then
		}
		return pass
	}
	return tr
}

// own are the calls that Go's runtime makes for itself, and those that nobody
// asks for their result.
func own(r *unix.PtraceRegs) bool {
	switch r.Orig_rax {
	case unix.SYS_FUTEX, unix.SYS_MMAP, unix.SYS_MUNMAP, unix.SYS_MADVISE, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGACTION,
		unix.SYS_RT_SIGRETURN, unix.SYS_SCHED_YIELD, unix.SYS_NANOSLEEP, unix.SYS_TGKILL, unix.SYS_GETPID, unix.SYS_CLONE,
		unix.SYS_EPOLL_PWAIT, unix.SYS_CLOSE, unix.SYS_UMASK:
		return true
	}
	return false
}

func openPage(pid int) *os.File {
	fds, _ := filepath.Glob("/proc/" + itoa(pid) + "/fd/*")
	for _, fd := range fds {
		if to, _ := os.Readlink(fd); strings.HasPrefix(to, "/memfd:gt-step") {
			f, _ := os.Open(fd)
			return f
		}
	}
	return nil
}

// TestKilledInit kills gt-init in each step of the plan: gt-oci names the step
// and takes back what it has made.
func TestKilledInit(t *testing.T) {
	w := newWorld(t)
	w.everything()
	for n, step := range w.plan() {
		ws, said := inStep(n, kill).run(t, w.args("create", "--stdio=null", "--bundle", w.bundle, w.id))
		when := "step " + itoa(n) + " " + step.Op
		if !ws.Exited() || ws.ExitStatus() != 1 || !strings.Contains(said, "gt-init was killed by signal 9") {
			t.Errorf("%s: have %v: %s", when, ws, said)
		}
		if !strings.Contains(said, step.Member) || !strings.Contains(said, step.Path) && step.Op != "console" {
			t.Errorf("%s: have %q, need %s %s", when, said, step.Member, step.Path)
		}
		if left := w.leftovers(); len(left) > 0 {
			t.Errorf("%s: left: %v", when, left)
		}
		if step.Op == "ready" {
			return // what comes behind the gate is start's
		}
	}
}

// TestRefusedStep has the kernel refuse something in each step of the plan:
// gt-oci names the step, the member and what the kernel said, and takes back
// what it has made.
func TestRefusedStep(t *testing.T) {
	w := newWorld(t)
	w.everything()
	for n, step := range w.plan() {
		if step.Op == "ready" {
			return // looks for the program, here and there
		}
		ws, said := inStep(n, refuse).run(t, w.args("create", "--stdio=null", "--bundle", w.bundle, w.id))
		when := "step " + itoa(n) + " " + step.Op
		if step.Op == "umask" {
			if ws.ExitStatus() != 0 {
				t.Errorf("%s: cannot fail, and has: %s", when, said)
			}
			w.deleted(when)
			continue
		}
		if !ws.Exited() || ws.ExitStatus() != 1 || !strings.Contains(said, "input/output error") {
			t.Errorf("%s: have %v: %s", when, ws, said)
		}
		if !strings.Contains(said, step.Member) || !strings.Contains(said, step.Path) && step.Op != "console" {
			t.Errorf("%s: have %q, need %s %s", when, said, step.Member, step.Path)
		}
		if left := w.leftovers(); len(left) > 0 {
			t.Errorf("%s: left: %v", when, left)
		}
	}
}

// TestKilledParent kills gt-oci while gt-init is in each step of the plan; gc
// finds what is still on its way.
func TestKilledParent(t *testing.T) {
	w := newWorld(t)
	w.everything()
	for n, step := range w.plan() {
		tr := inStep(n, kill)
		tr.parent = true
		_, said := tr.run(t, w.args("create", "--stdio=null", "--bundle", w.bundle, w.id))
		when := "gt-oci in step " + itoa(n) + " " + step.Op
		if _, err := os.Stat(w.dir + "/state/" + w.id + "/state.json"); err == nil {
			t.Errorf("%s: is whole: %s", when, said)
		}
		w.swept(when)
		if step.Op == "ready" {
			return
		}
	}
}

// everything gives the bundle some of all that a birth can do.
func (w *world) everything() {
	w.edit(func(s map[string]any) {
		l := s["linux"].(map[string]any)
		l["sysctl"] = map[string]string{"net.ipv4.ip_forward": "1"}
		l["resources"] = map[string]any{"pids": map[string]any{"limit": 50}, "memory": map[string]any{"limit": 100 << 20}}
		s["domainname"] = "example"
		s["mounts"] = append(s["mounts"].([]any), map[string]any{
			"destination": "/mnt", "type": "bind", "source": w.dir, "options": []string{"rbind", "ro"},
		}, map[string]any{
			"destination": "/mapped", "source": w.dir, "options": []string{"bind", "idmap"},
			"uidMappings": []any{map[string]any{"size": 9}}, "gidMappings": []any{map[string]any{"size": 9}},
		}, map[string]any{
			"destination": "/dev/shm", "options": []string{"remount", "size=1m"},
		}, map[string]any{
			"destination": "/mnt", "options": []string{"bind", "remount", "noexec"},
		})
		l["namespaces"] = append(l["namespaces"].([]any), map[string]any{"type": "time"})
		l["timeOffsets"] = map[string]any{"boottime": map[string]any{"secs": 7}}
		l["personality"] = map[string]any{"domain": "LINUX"}
		l["memoryPolicy"] = map[string]any{"mode": "MPOL_BIND", "nodes": "0"}
		p := s["process"].(map[string]any)
		p["scheduler"] = map[string]any{"policy": "SCHED_BATCH"}
		p["ioPriority"] = map[string]any{"class": "IOPRIO_CLASS_BE", "priority": 4}
		s["hooks"] = map[string]any{
			"createRuntime":   []any{map[string]any{"path": "/bin/true"}},
			"createContainer": []any{map[string]any{"path": "/bin/true"}},
		}
	})
}
