package testscripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestCleanRemovesEverything: what a scenario leaves is named, then gone.
func TestCleanRemovesEverything(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("need root to mount")
	}
	dir := t.TempDir()
	s := &scene{work: dir, state: filepath.Join(dir, "state"), id: "tclean" + filepath.Base(dir)}
	mount := filepath.Join(dir, "deep", "mount")
	if err := os.MkdirAll(mount, 0o755); err != nil {
		t.Fatal(err)
	}
	sh := exec.Command("sh", "-c", `mount -t tmpfs none "$1" && cd "$1" && sleep 100; :`, "sh", mount) // its argument names the directory
	if err := sh.Start(); err != nil {
		t.Fatal(err)
	}
	defer sh.Wait()
	for _, h := range hierarchies() {
		if os.Mkdir(filepath.Join(h, s.id), 0o755) == nil {
			break
		}
	}
	for len(s.leftovers(0)) < 3 {
		if t.Context().Err() != nil {
			t.Fatal(s.leftovers(0))
		}
	}
	all := strings.Join(s.leftovers(0), "\n")
	for _, kind := range []string{"mount ", "cgroup ", "process "} {
		if !strings.Contains(all, kind) {
			t.Errorf("no %sin\n%s", kind, all)
		}
	}
	s.clean()
	if left := s.leftovers(ending); len(left) > 0 {
		t.Errorf("left after clean: %v", left)
	}
}

// TestEndingIsNoLeftover: a process that ends is waited for, one that ignores
// the word is a leftover.
func TestEndingIsNoLeftover(t *testing.T) {
	dir := t.TempDir()
	s := &scene{work: dir, state: filepath.Join(dir, "state"), id: "tending"}
	sh := exec.Command("sh", "-c", `trap "" TERM; echo; while :; do sleep 100; done`)
	sh.Env = append(os.Environ(), "HOME="+dir)
	out, err := sh.StdoutPipe()
	if err == nil {
		err = sh.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	out.Read(make([]byte, 1))
	sh.Process.Signal(syscall.SIGTERM)
	if left := s.leftovers(50 * time.Millisecond); len(left) == 0 {
		t.Error("nothing left while the process ignores SIGTERM")
	}
	go sh.Wait()
	time.AfterFunc(200*time.Millisecond, s.clean)
	if left := s.leftovers(ending); len(left) > 0 {
		t.Errorf("left after SIGKILL: %v", left)
	}
}
