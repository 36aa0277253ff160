package testscripts

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

type sceneKey struct{}

// A scene is what the harness knows about one running scenario.
type scene struct {
	work    string // $WORK
	state   string // $GOPHERTAINER_ROOT
	id      string // $ID
	watched map[string]string

	consoles map[string]*console
	races    map[string]func() // what ends each exchange
}

func sceneOf(ts *testscript.TestScript) *scene { return ts.Value(sceneKey{}).(*scene) }

// canaries are host files that no container may ever change.
func canaries() []string {
	files := []string{
		"/etc/passwd", "/etc/shadow", "/etc/hosts", "/etc/hostname",
		"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname",
	}
	bins, _ := filepath.Glob(filepath.Join(binDir, "g*"))
	return append(files, bins...)
}

// watch records the contents of files; an absent file has to stay absent.
func (s *scene) watch(files ...string) error {
	if s.watched == nil {
		s.watched = map[string]string{}
	}
	for _, f := range files {
		sum, err := digest(f)
		if err != nil {
			return err
		}
		s.watched[f] = sum
	}
	return nil
}

// changed names the watched files that are not what they were.
func (s *scene) changed() []string {
	var out []string
	for f, was := range s.watched {
		is, err := digest(f)
		if err != nil {
			is = err.Error()
		}
		if is != was {
			out = append(out, fmt.Sprintf("host file %s changed: was %s, is %s", f, was, is))
		}
	}
	return out
}

// digest says what a file is. A binary is not read, twice for each scenario: the
// time of its last change, which nobody can set, tells a write too.
func digest(file string) (string, error) {
	var st unix.Stat_t
	if err := unix.Stat(file, &st); err == nil && st.Size > 1<<20 {
		return fmt.Sprintln(st.Ino, st.Size, st.Ctim), nil
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "absent", nil
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", sha256.Sum256(data)), nil
}

// patience is what one scenario may take.
const patience = 4 * time.Minute

// limit kills everything the scenario started once it has taken too long: a
// command that waits for a pipe which a forgotten container holds never ends
// by itself.
func (s *scene) limit(d time.Duration) (stop func()) {
	timer := time.AfterFunc(d, func() {
		for pid, cmd := range s.processes() {
			fmt.Fprintf(os.Stderr, "testscripts: %s: still running after %v, killed: %d %s\n", filepath.Base(s.work), d, pid, cmd)
			unix.Kill(pid, unix.SIGKILL)
		}
	})
	return func() { timer.Stop() }
}

// end runs after the scenario, whatever became of it. Nothing may stay mounted
// below the work directory: testscript removes that tree next.
func (s *scene) end(t testscript.T) {
	left := append(s.leftovers(ending), s.changed()...)
	s.clean()
	if still, err := mountsBelow(s.work); err != nil || len(still) > 0 {
		fmt.Fprintf(os.Stderr, "testscripts: %v still mounted (%v): stopping before a removal reaches through them\n", still, err)
		os.Exit(2)
	}
	if len(left) == 0 {
		return
	}
	for _, l := range left {
		t.Log("left behind: ", l)
	}
	if f, ok := t.(interface{ Failed() bool }); ok && f.Failed() {
		return
	}
	t.FailNow()
}
