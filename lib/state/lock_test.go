package state

import (
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gophertainer/gophertainer/lib/fail"
)

func TestLock(t *testing.T) {
	r, first := newEntry(t, "web")
	second, err := r.Entry("web")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := second.TryLock(); got || err != nil {
		t.Errorf("have %v %v, need a refusal", got, err)
	}
	if !second.Busy() {
		t.Error("is not busy")
	}
	done := make(chan error)
	go func() { done <- second.Lock() }()
	select {
	case err := <-done:
		t.Fatalf("two have the lock: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	first.Unlock()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	second.Unlock()
	second.Unlock()
	if second.Busy() {
		t.Error("is busy")
	}
	if got, err := first.TryLock(); !got || err != nil {
		t.Errorf("have %v %v", got, err)
	}
}

// TestLockOfRemoved: who waits while the container is removed is told so, and
// never works on the next one of that name.
func TestLockOfRemoved(t *testing.T) {
	r, first := newEntry(t, "web")
	second, err := r.Entry("web")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- second.Lock() }()
	var st unix.Stat_t
	if err := unix.Stat(first.Path("lock"), &st); err != nil {
		t.Fatal(err)
	}
	waiting := regexp.MustCompile("-> FLOCK .*:" + strconv.FormatUint(st.Ino, 10) + " ")
	for {
		b, err := os.ReadFile("/proc/locks")
		if err != nil || waiting.Match(b) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := first.Remove(); err != nil {
		t.Fatal(err)
	}
	next, err := r.Create("web")
	if err != nil {
		t.Fatal(err)
	}
	defer next.Unlock()
	if err := <-done; fail.Details(err).Code != fail.CodeNoSuch {
		t.Errorf("have %v, need no-such", err)
	}
}

func TestRemove(t *testing.T) {
	for _, id := range []string{"web", strings.Repeat("x", 255)} {
		r, e := newEntry(t, id)
		if err := e.WriteConfig([]byte("{}")); err != nil {
			t.Fatal(err)
		}
		if err := e.Remove(); err != nil {
			t.Fatal(err)
		}
		if names, err := os.ReadDir(r.dir); err != nil || len(names) != 0 {
			t.Errorf("have %v %v", names, err)
		}
		if err := e.Lock(); fail.Details(err).Code != fail.CodeNoSuch {
			t.Errorf("have %v", err)
		}
		if err := e.Remove(); !errors.Is(err, unix.ENOENT) {
			t.Errorf("have %v", err)
		}
	}
}

// TestLockFollowsNothing: the lock is never a file elsewhere.
func TestLockFollowsNothing(t *testing.T) {
	_, e := newEntry(t, "web")
	e.Unlock()
	if err := os.Remove(e.Path("lock")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/null", e.Path("lock")); err != nil {
		t.Fatal(err)
	}
	if err := e.Lock(); !errors.Is(err, unix.ELOOP) {
		t.Errorf("have %v", err)
	}
}

func BenchmarkLife(b *testing.B) {
	r, _ := Open(b.TempDir() + "/root")
	s := full()
	for b.Loop() {
		e, err := r.Create("web")
		if err != nil {
			b.Fatal(err)
		}
		if e.WriteConfig([]byte("{}")) != nil || e.MakeGate() != nil || e.WriteState(s) != nil {
			b.Fatal("refused")
		}
		if _, err := e.ReadState(); err != nil {
			b.Fatal(err)
		}
		if err := e.Remove(); err != nil {
			b.Fatal(err)
		}
	}
}
