package container_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/container"
)

// TestKilledRestore kills a restore where its process is frozen, where others
// find the container, and where the process has gone on but that is not written
// down: the first leaves nothing that gc does not remove, the others a container
// that goes on, and that can be paused.
func TestKilledRestore(t *testing.T) {
	if when := os.Getenv("GT_KILLED_RESTORE"); when != "" {
		killedRestore(t, when)
	}
	for _, when := range []string{"frozen", "settled", "thawed"} {
		t.Run(when, func(t *testing.T) {
			w := newWorld(t)
			w.restore(when)
			if when == "frozen" {
				if out, err := w.call("gc"); err != nil || out != "removed interrupted container "+w.id+"\n" {
					t.Errorf("gc: %v %s", err, out)
				}
				if left := w.leftovers(); left != nil {
					t.Errorf("left: %v", left)
				}
				return
			}
			if out, err := w.call("gc"); err != nil || out != "" {
				t.Errorf("gc: %v %s", err, out)
			}
			w.status("running")
			w.ok("pause")
			w.ok("gc")
			w.status("paused")
			w.ok("delete", "--force")

			w.restore(when)
			w.ok("pause") // before gc
			w.ok("gc")
			w.status("paused")
			w.ok("resume")
			w.status("running")
			w.ok("delete", "--force")
			w.idle(when)
		})
	}
}

// restore begins one in a process of its own, which is killed.
func (w *world) restore(when string) {
	w.t.Helper()
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestKilledRestore$")
	cmd.Env = append(os.Environ(), "GT_KILLED_RESTORE="+when, "W_ROOT="+w.dir+"/state", "W_BUNDLE="+w.bundle, "W_ID="+w.id)
	out, err := cmd.CombinedOutput()
	if err == nil || err.Error() != "signal: killed" {
		w.t.Fatalf("restore: %v\n%s", err, out)
	}
}

// ok calls a verb that has to work.
func (w *world) ok(verb string, more ...string) {
	w.t.Helper()
	if verb != "gc" {
		more = append(more, w.id)
	}
	if out, err := w.call(verb, more...); err != nil {
		w.t.Errorf("%s: %v\n%s", verb, err, out)
	}
}

func (w *world) status(need string) {
	w.t.Helper()
	out, err := w.call("state", w.id)
	var s struct{ Status string }
	if err == nil {
		err = json.Unmarshal([]byte(out), &s)
	}
	if err != nil || s.Status != need {
		w.t.Errorf("have %s, need status %s: %v", strings.TrimSpace(out), need, err)
	}
}

func killedRestore(t *testing.T, when string) {
	rt := &container.Runtime{Root: os.Getenv("W_ROOT"), Warn: t.Logf}
	_, err := rt.Restore(os.Getenv("W_ID"), &container.CreateOptions{Bundle: os.Getenv("W_BUNDLE")}, func(r *container.Revival) error {
		cmd := exec.Command("sleep", "100")
		err := cmd.Start()
		if err == nil {
			err = r.Group.Enter(cmd.Process.Pid)
		}
		if err == nil {
			err = r.Adopt(cmd.Process.Pid)
		}
		if err == nil {
			err = r.Group.Freeze()
		}
		if err == nil && when != "frozen" {
			err = r.Settle()
		}
		if err == nil && when == "thawed" {
			err = r.Group.Thaw()
		}
		if err == nil {
			err = unix.Kill(os.Getpid(), unix.SIGKILL)
		}
		return err
	})
	t.Fatalf("not killed: %v", err)
}
