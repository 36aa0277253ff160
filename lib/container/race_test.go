package container_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestCollectBesideOthers: gc running all the time harms no container, whatever
// moment of its life it meets.
func TestCollectBesideOthers(t *testing.T) {
	w := newWorld(t)
	stop := make(chan struct{})
	var collector, lives sync.WaitGroup
	collector.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			// A directory that is a moment old and not locked yet is nothing
			// lost: its create makes it again.
			if out, err := w.call("gc"); err != nil || strings.Contains(out, "interrupted") || strings.Contains(out, "gt-oci:") {
				t.Errorf("gc removed from the living: %v\n%s", err, out)
			}
		}
	})
	for i := range 3 {
		lives.Go(func() {
			id := w.id + "-" + itoa(i)
			for range 8 {
				for _, verb := range [][]string{
					{"create", "--stdio=null", "--bundle", w.bundle, id},
					{"start", id},
					{"state", id},
					{"delete", "--force", id},
				} {
					if out, err := w.call(verb[0], verb[1:]...); err != nil {
						t.Errorf("%v: %v\n%s", verb, err, out)
					}
				}
			}
		})
	}
	lives.Wait()
	close(stop)
	collector.Wait()
	if left := w.leftovers(); len(left) > 0 {
		t.Error("left:", strings.Join(left, "\n"))
	}
}

// TestDeleteRacesRun: run in the foreground cleans up after the program that
// delete --force kills, at the same time; neither minds the other.
func TestDeleteRacesRun(t *testing.T) {
	w := newWorld(t)
	for i := range 20 {
		args := w.args("run", "--bundle", w.bundle, w.id)
		run := exec.Command(args[0], args[1:]...)
		var said bytes.Buffer
		run.Stderr = &said
		if err := run.Start(); err != nil {
			t.Fatal(err)
		}
		w.running()
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				if out, err := w.call("delete", "--force", w.id); err != nil || out != "" {
					t.Errorf("delete %d: %v\n%s", i, err, out)
				}
			})
		}
		err := run.Wait()
		both.Wait()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 137 || said.Len() > 0 {
			t.Errorf("run %d: have %v %s, need exit code 137", i, err, said.String())
		}
		if left := w.leftovers(); len(left) > 0 {
			t.Fatal("left:", strings.Join(left, "\n"))
		}
	}
}

// TestNameIsTakenAgain: who cleans up late leaves the next container of that
// name alone.
func TestNameIsTakenAgain(t *testing.T) {
	w := newWorld(t)
	for range 10 {
		args := w.args("run", "--bundle", w.bundle, w.id)
		run := exec.Command(args[0], args[1:]...)
		if err := run.Start(); err != nil {
			t.Fatal(err)
		}
		w.running()
		for _, verb := range [][]string{
			{"delete", "--force", w.id},
			{"create", "--stdio=null", "--bundle", w.bundle, w.id},
		} {
			if out, err := w.call(verb[0], verb[1:]...); err != nil {
				t.Fatalf("%v: %v\n%s", verb, err, out)
			}
		}
		_ = run.Wait()
		w.deleted("after the first run")
	}
}

// running waits until the container is.
func (w *world) running() {
	w.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if _, err := os.Stat(w.dir + "/state/" + w.id + "/state.json"); err == nil {
			return
		}
	}
	w.t.Fatal("no container after a minute")
}
