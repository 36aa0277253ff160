package rdt

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// A plain directory stands for resctrl: it has no files of its own, and rmdir
// refuses one with files, as the real one does not.
func emptied(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"schemata", "tasks"} {
		_ = os.Remove(filepath.Join(dir, name))
	}
}

func text(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

func TestOwnClass(t *testing.T) {
	root := t.TempDir()
	r := &specs.LinuxIntelRdt{L3CacheSchema: "L3:0=f", MemBwSchema: "MB:0=50", Schemata: []string{"L2:0=3"}}
	g := Find(root, r, "box")
	if err := g.Create(r); err != nil {
		t.Fatal(err)
	}
	if err := g.Add(42); err != nil {
		t.Fatal(err)
	}
	if have := text(t, root, "box", "schemata"); have != "L3:0=f\nMB:0=50\nL2:0=3\n" {
		t.Errorf("schemata: have %q", have)
	}
	if have := text(t, root, "box", "tasks"); have != "42" {
		t.Errorf("tasks: have %q", have)
	}
	if err := Find(root, r, "box").Create(r); err == nil || !strings.Contains(err.Error(), "have a class box already") {
		t.Errorf("again: have %v", err)
	}
	emptied(t, root+"/box")
	if err := g.Remove(); err != nil {
		t.Error(err)
	}
	if err := g.Remove(); err != nil { // gone is gone
		t.Error(err)
	}
}

// TestShares: what a class had can be written again.
func TestShares(t *testing.T) {
	root := t.TempDir()
	g := Find(root, &specs.LinuxIntelRdt{ClosID: "gold"}, "box")
	if _, err := g.Shares(); err == nil || !strings.Contains(err.Error(), "/linux/intelRdt: read the schemata of "+root+"/gold: no such file") {
		t.Errorf("missing: have %v", err)
	}
	if err := os.Mkdir(root+"/gold", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(root+"/gold/schemata", []byte("    MB:0= 20;1=100\n    L3:0=00ff;1=0fff\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	before, err := g.Shares()
	if err == nil {
		err = g.Write(before)
	}
	if have := text(t, root, "gold", "schemata"); err != nil || have != "MB:0=20;1=100\nL3:0=00ff;1=0fff\n" {
		t.Errorf("have %q %v", have, err)
	}
}

func TestNamedClass(t *testing.T) {
	root := t.TempDir()
	bare := &specs.LinuxIntelRdt{ClosID: "gold"}
	if err := Find(root, bare, "box").Create(bare); err == nil || !strings.Contains(err.Error(), `/linux/intelRdt/closID: have "gold", which is no class`) {
		t.Fatalf("missing: have %v", err)
	}
	if err := os.MkdirAll(root+"/gold/mon_groups", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(root+"/gold/schemata", []byte("    MB:0=100;1=100\n    L3:0=00ff;1=FFF\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ l3, want string }{
		{"", ""},
		{"L3:1=fff", ""},
		{"L3:0=FF;1=0fff", ""},
		{"L3:0=f", "have L3:0=ff in class gold, need f"},
		{"L3:2=f", "have L3:2= in class gold, need f"},
	} {
		r := &specs.LinuxIntelRdt{ClosID: "gold", L3CacheSchema: c.l3, EnableMonitoring: true}
		g := Find(root, r, "box")
		err := g.Create(r)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: have %v, need %s", c.l3, err, c.want)
		}
		if err := g.Remove(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(root + "/gold"); err != nil {
		t.Errorf("a class with a name goes with a container: %v", err)
	}
	if left, err := os.ReadDir(root + "/gold/mon_groups"); err != nil || len(left) > 0 {
		t.Errorf("monitors: have %v, %v", left, err)
	}
}

// FuzzShares: the kernel's text and the user's are read the same way.
func FuzzShares(f *testing.F) {
	f.Add("    L3:0=00ff;1=FFF\nMB:0=100")
	f.Fuzz(func(t *testing.T, text string) {
		for key, share := range shares(text) {
			if share == "" || !strings.Contains(key, ":") {
				t.Errorf("%q: have %q=%q", text, key, share)
			}
		}
	})
}
