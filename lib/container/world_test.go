package container_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A world is a state directory and a bundle for the built binaries, and an eye
// on what they leave outside.
type world struct {
	t      *testing.T
	dir    string
	bin    string
	bundle string
	id     string
}

// newWorld needs root and the binaries that GT_BIN names. The test becomes the
// parent of all orphans, so that none escapes it.
func newWorld(t *testing.T) *world {
	t.Helper()
	bin := os.Getenv("GT_BIN")
	if bin == "" || os.Geteuid() != 0 {
		t.Skip("need root, and GT_BIN with the built binaries")
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dir: t.TempDir(), bin: bin}
	w.id = "gtw" + strconv.Itoa(os.Getpid()) + "-" + strconv.FormatInt(int64(len(t.Name()))*7919%997, 36) + filepath.Base(w.dir)
	w.bundle = filepath.Join(w.dir, "b")
	if err := os.MkdirAll(w.bundle+"/rootfs", 0o755); err != nil {
		t.Fatal(err)
	}
	w.must("gt-box", "install", w.bundle+"/rootfs")
	w.must("gt-oci", "spec", "--bundle", w.bundle)
	w.edit(func(s map[string]any) {
		process := s["process"].(map[string]any)
		process["terminal"] = false
		process["args"] = []string{"sleep", "100"}
	})
	t.Cleanup(w.clean)
	return w
}

// edit changes config.json.
func (w *world) edit(change func(map[string]any)) {
	w.t.Helper()
	name := w.bundle + "/config.json"
	raw, err := os.ReadFile(name)
	s := map[string]any{}
	if err == nil {
		err = json.Unmarshal(raw, &s)
	}
	change(s)
	if raw, merr := json.Marshal(s); err == nil && merr == nil {
		err = os.WriteFile(name, raw, 0o644)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// args are a call's command line; the log is what it says.
func (w *world) args(verb string, more ...string) []string {
	return append([]string{filepath.Join(w.bin, "gt-oci"), "--root", w.dir + "/state", verb}, more...)
}

// call runs gt-oci and returns what it printed.
func (w *world) call(verb string, more ...string) (string, error) {
	a := w.args(verb, more...)
	out, err := exec.Command(a[0], a[1:]...).CombinedOutput()
	return string(out), err
}

func (w *world) must(name string, args ...string) {
	w.t.Helper()
	if out, err := exec.Command(filepath.Join(w.bin, name), args...).CombinedOutput(); err != nil {
		w.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// leftovers names all that a container of this world is outside plain files.
func (w *world) leftovers() []string {
	var out []string
	entries, _ := os.ReadDir(w.dir + "/state")
	for _, e := range entries {
		if e.IsDir() && e.Name() != ".seccomp" {
			out = append(out, "directory "+e.Name())
		}
	}
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, w.dir) {
			out = append(out, "mount "+strings.TrimSpace(line))
		}
	}
	for _, c := range w.cgroups() {
		out = append(out, "cgroup "+c)
	}
	return append(out, orphans()...)
}

func (w *world) cgroups() []string {
	var out []string
	_ = filepath.WalkDir("/sys/fs/cgroup", func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.Contains(d.Name(), w.id) {
			out = append(out, p)
		}
		return nil
	})
	return out
}

// orphans are processes that came to this test from a parent that died; dead
// ones are reaped.
func orphans() []string {
	var out []string
	self := strconv.Itoa(os.Getpid())
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		b, _ := os.ReadFile(name)
		f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
		if len(f) < 2 || string(f[1]) != self {
			continue
		}
		pid, _ := strconv.Atoi(strings.Split(name, "/")[2])
		if f[0][0] == 'Z' {
			_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil)
			continue
		}
		out = append(out, "process "+strings.TrimSpace(string(b[:bytes.LastIndexByte(b, ')')+1])))
	}
	return out
}

// clean ends and removes whatever a failing test has left.
func (w *world) clean() {
	for _, line := range orphans() {
		if pid, err := strconv.Atoi(strings.Fields(line)[1]); err == nil {
			_ = unix.Kill(pid, unix.SIGKILL)
			_, _ = unix.Wait4(pid, nil, 0, nil)
		}
	}
	dirs := w.cgroups()
	for i := len(dirs) - 1; i >= 0; i-- {
		_ = unix.Rmdir(dirs[i])
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// deleted takes a created container through the rest of its life.
func (w *world) deleted(when string) {
	w.t.Helper()
	for _, verb := range []string{"start", "state"} {
		if out, err := w.call(verb, w.id); err != nil {
			w.t.Errorf("%s: %s: %v\n%s", when, verb, err, out)
		}
	}
	if out, err := w.call("delete", "--force", w.id); err != nil || out != "" {
		w.t.Errorf("%s: delete: %v\n%s", when, err, out)
	}
}
