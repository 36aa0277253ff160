package cgroup

import (
	"maps"
	"os"
	"strings"
	"testing"
)

func TestParseOwn(t *testing.T) {
	for text, want := range map[string]map[string]string{
		"":                     {},
		"0::/\n":               {"": "/"},
		"0::/user.slice/a:b\n": {"": "/user.slice/a:b"},
		"12:cpu,cpuacct:/x\n1:name=systemd:/\n0::/y\n": {"cpu,cpuacct": "/x", "systemd": "/", "": "/y"},
		"no colon\n:\n":              {},
		"4:memory:/a (deleted)\n":    {"memory": "/a (deleted)"},
		"4:memory:/ends in blank \n": {"memory": "/ends in blank "},
	} {
		if have := parseOwn(text); !maps.Equal(have, want) {
			t.Errorf("%q: have %v, need %v", text, have, want)
		}
	}
}

// FuzzParseOwn: no text leads a group out of its hierarchy.
func FuzzParseOwn(f *testing.F) {
	f.Add("0::/\n", "box")
	f.Add("12:cpu,cpuacct:/../../x\n", "../../../etc")
	f.Fuzz(func(t *testing.T, text, path string) {
		own := parseOwn(text)
		for name, dir := range own {
			if strings.ContainsAny(name, "/.") {
				continue // hierarchies are names of directories
			}
			at := below(V2, name, dir, path)
			if mount := mountOf(V2, name); at != mount && !strings.HasPrefix(at, mount+"/") {
				t.Errorf("%q, %q: %s is not below %s", text, path, at, mount)
			}
		}
	})
}

func TestNote(t *testing.T) {
	g := &Group{mode: Hybrid, dirs: map[string]string{"cpu,cpuacct": "/a\nb", "": "/u"}}
	back, err := FromNote(g.Note())
	if err != nil || back.mode != g.mode || !maps.Equal(back.dirs, g.dirs) {
		t.Errorf("have %+v %v, need %+v", back, err, g)
	}
	if g, err := FromNote(""); g != nil || err != nil {
		t.Errorf("have %v %v of nothing", g, err)
	}
	if _, err := FromNote("v3\x00a\x00b"); err == nil {
		t.Error("takes cgroup mode v3")
	}
}

func FuzzFromNote(f *testing.F) {
	f.Add("v2\x00\x00/sys/fs/cgroup/x")
	f.Fuzz(func(t *testing.T, note string) {
		g, err := FromNote(note)
		if err != nil || g == nil {
			return
		}
		if back, err := FromNote(g.Note()); err != nil || !maps.Equal(back.dirs, g.dirs) {
			t.Errorf("%q: have %v %v", note, back, err)
		}
	})
}

func TestLocate(t *testing.T) {
	mode, err := probe()
	if err != nil {
		t.Skip(err)
	}
	for _, c := range []struct{ path, end string }{
		{"/a/b", "/a/b"}, {"/../../x", "/x"}, {"", "/box"}, {"rel/x", "/rel/x"}, {"../../../../../x", "/x"},
	} {
		g, err := Locate(c.path, "box")
		if err != nil {
			t.Fatal(err)
		}
		for name, dir := range g.dirs {
			if !strings.HasPrefix(dir, mountOf(mode, name)+"/") || !strings.HasSuffix(dir, c.end) {
				t.Errorf("%q in %q: have %s", c.path, name, dir)
			}
		}
	}
	if _, err := Locate("system.slice:gt:box", "box"); err == nil || !strings.Contains(err.Error(), "/linux/cgroupsPath") {
		t.Errorf("takes a path for systemd: %v", err)
	}
}

func TestTable(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/memory.stat", []byte("anon 4096\nfile x\n\nbroken\nslab 1 2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if have := table(dir, "memory.stat"); len(have) != 1 || have["anon"] != 4096 {
		t.Errorf("have %v", have)
	}
}
