package testscripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
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
	for len(s.leftovers()) < 3 {
		if t.Context().Err() != nil {
			t.Fatal(s.leftovers())
		}
	}
	all := strings.Join(s.leftovers(), "\n")
	for _, kind := range []string{"mount ", "cgroup ", "process "} {
		if !strings.Contains(all, kind) {
			t.Errorf("no %sin\n%s", kind, all)
		}
	}
	s.clean()
	if left := s.leftovers(); len(left) > 0 {
		t.Errorf("left after clean: %v", left)
	}
}
